# Sets up what is missing, for ./run and ./test to source. Bash 3.2 and later; Linux and macOS.
#   setup_system GROUP...   system libraries (Debian and Ubuntu): window sound [tests training]
#   setup_python LOCK...    the virtual environment in .venv with exact versions
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
TORCH=torch==2.13.0
PYTHON_VERSIONS="python3.11 python3.12 python3.13 python3 python"

say() { printf '%s\n' "$*" >&2; }

# Group, what to look for (a library's name, or a path or command), Debian package, what it is for.
system_parts() {
  cat <<'PARTS'
window libxcb-cursor.so.0 libxcb-cursor0 the window
window libxcb-icccm.so.4 libxcb-icccm4 the window
window libxcb-image.so.0 libxcb-image0 the window
window libxcb-keysyms.so.1 libxcb-keysyms1 the keyboard
window libxcb-randr.so.0 libxcb-randr0 screens
window libxcb-render-util.so.0 libxcb-render-util0 the window
window libxcb-shape.so.0 libxcb-shape0 the window
window libxcb-xkb.so.1 libxcb-xkb1 the keyboard
window libxkbcommon-x11.so.0 libxkbcommon-x11-0 the keyboard
window libfontconfig.so.1 libfontconfig1 text
window libglib-2.0.so.0 libglib2.0-0 the window
window libdbus-1.so.3 libdbus-1-3 the desktop
window libGL.so.1 libgl1 the heads
window libGLX_mesa.so.0 libglx-mesa0 the heads
window libEGL.so.1 libegl1 the heads
window libEGL_mesa.so.0 libegl-mesa0 the heads
window /usr/lib/*/dri/swrast_dri.so libgl1-mesa-dri the heads
window /usr/share/fonts/*/* fonts-dejavu-core text
sound libportaudio.so.2 libportaudio2 microphone and loudspeaker
tests Xvfb xvfb a virtual screen
tests xauth xauth a virtual screen
tests pulseaudio pulseaudio virtual sound devices
tests paplay pulseaudio-utils virtual sound devices
tests /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so libasound2-plugins virtual sound devices
tests xdotool xdotool typing and clicking
tests flite flite a training voice
training flite flite a training voice
training festival festival training voices
training /usr/share/festival/voices/english/ked_diphone festvox-kdlpc16k a training voice
training /usr/share/festival/voices/english/kal_diphone festvox-kallpc16k a test voice
training /usr/share/festival/voices/us/cmu_us_slt_arctic_hts festvox-us-slt-hts a training voice
training libespeak-ng.so.1 libespeak-ng1 training voices
training /usr/share/games/fortunes/fortunes.u8 fortunes-min sentences to speak
training /usr/share/games/fortunes/literature.u8 fortunes sentences to speak
training /usr/share/dict/american-english wamerican words to speak
PARTS
}

setup_system() {
  command -v apt-get >/dev/null || return 0
  local known missing="" group what package purpose
  known=$(/sbin/ldconfig -p 2>/dev/null)
  while read -r group what package purpose; do
    case " $* " in *" $group "*) ;; *) continue ;; esac
    case $what in
      /*) compgen -G "$what" >/dev/null ;;
      *.so*) [[ $known == *"$what "* ]] ;;
      *) command -v "$what" >/dev/null ;;
    esac && continue
    say "missing: $package (for $purpose)"
    missing="$missing $package"
  done < <(system_parts)
  [ -z "$missing" ] && return 0
  install_packages $missing
}

# As root or through sudo; where neither can, print the one command to type.
install_packages() {
  local as_root=""
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=sudo
    else
      say "These system packages are missing. Type, as an administrator:"
      say "  apt-get update && apt-get install -y --no-install-recommends $*"
      return 1
    fi
  fi
  say "installing: $*"
  if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
         apt-get install -y -qq --no-install-recommends "$@"; } >&2; then
    say "The system packages could not be installed. Type:"
    say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    return 1
  fi
}

find_python() {
  local name
  for name in $PYTHON_VERSIONS; do
    command -v "$name" >/dev/null &&
      "$name" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null &&
      { command -v "$name"; return 0; }
  done
  return 1
}

checksum() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1; }

setup_python() {
  local python lock stamp wanted
  for lock in "$@"; do
    stamp=.venv/installed-$(basename "$lock" .lock)
    wanted=$(printf '%s\n' "$TORCH" | cat - "$lock" | checksum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && continue
    if [ ! -x .venv/bin/python ]; then
      python=$(find_python) || {
        command -v apt-get >/dev/null && install_packages python3 python3-venv
        python=$(find_python)
      } || { say "Python 3.11, 3.12 or 3.13 with its venv module is needed: install it, then start again."; return 1; }
      say "making the virtual environment .venv with $python"
      "$python" -m venv .venv || { rm -rf .venv; return 1; }
    fi
    say "installing Python packages of $lock (once; the first time this takes some minutes)"
    .venv/bin/python -m pip install --disable-pip-version-check --no-input "$TORCH" >&2 &&
      .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps -r "$lock" >&2 || {
        say "The Python packages could not be installed: check the network and the disk, then start again."
        return 1
      }
    printf '%s\n' "$wanted" > "$stamp"
  done
}
