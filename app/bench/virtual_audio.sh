#!/bin/bash
# A virtual loudspeaker and microphone for machines without sound hardware (PulseAudio, user-space, no kernel module).
#   . virtual_audio.sh; virtual_audio_start; … ; virtual_audio_stop
# PortAudio then lists VirtualSpeaker and VirtualMic. Speak into the microphone with
#   paplay --device=vmic_in FILE.wav        and record what the loudspeaker plays with
#   parec --device=vspeaker.monitor --rate=16000 --channels=1 --format=s16le > FILE.raw
# Needs (Debian): pulseaudio pulseaudio-utils libasound2-plugins libportaudio2
VIRTUAL_AUDIO_DIR=${VIRTUAL_AUDIO_DIR:-$(mktemp -d)}
export XDG_RUNTIME_DIR=$VIRTUAL_AUDIO_DIR; chmod 700 "$XDG_RUNTIME_DIR"
export PULSE_SERVER=unix:$XDG_RUNTIME_DIR/pulse/native
cat > "$VIRTUAL_AUDIO_DIR/asoundrc" <<'ASOUND'
pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.pulse { type pulse }
ctl.pulse { type pulse }
pcm.vspeaker { type pulse device vspeaker hint { show on description "VirtualSpeaker" } }
pcm.vmic { type pulse device vmic hint { show on description "VirtualMic" } }
pcm.vmicfeed { type pulse device vmic_in hint { show on description "VirtualMicFeed" } }
pcm.vspeakermonitor { type pulse device vspeaker.monitor hint { show on description "VirtualSpeakerMonitor" } }
ASOUND
export ALSA_CONFIG_PATH=/usr/share/alsa/alsa.conf:$VIRTUAL_AUDIO_DIR/asoundrc
virtual_audio_start() {
  pulseaudio -n --daemonize=yes --exit-idle-time=-1 --log-target=file:"$XDG_RUNTIME_DIR/pulse.log" \
    -L "module-native-protocol-unix auth-anonymous=1" || return 1
  for _ in $(seq 600); do pactl info >/dev/null 2>&1 && break; sleep 0.2; done
  pactl load-module module-null-sink sink_name=vspeaker sink_properties=device.description=VirtualSpeaker rate=48000 channels=2 >/dev/null
  pactl load-module module-null-sink sink_name=vmic_in sink_properties=device.description=VirtualMicFeed rate=48000 channels=1 >/dev/null
  pactl load-module module-remap-source source_name=vmic master=vmic_in.monitor source_properties=device.description=VirtualMic >/dev/null
  pactl set-default-sink vspeaker; pactl set-default-source vmic
  # Without a reader an idle null sink wakes only every 2 s, and a new stream's first callback comes 0.4-1.9 s late.
  parec --device=vmic --latency-msec=10 --rate=16000 --channels=1 >/dev/null 2>&1 & VIRTUAL_AUDIO_KEEP1=$!
  parec --device=vspeaker.monitor --latency-msec=10 --rate=16000 --channels=1 >/dev/null 2>&1 & VIRTUAL_AUDIO_KEEP2=$!
}
virtual_audio_stop() {
  kill "$VIRTUAL_AUDIO_KEEP1" "$VIRTUAL_AUDIO_KEEP2" 2>/dev/null
  kill "$(cat "$XDG_RUNTIME_DIR/pulse/pid")" 2>/dev/null
}
