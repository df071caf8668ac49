# Sets up what is missing, for ./run and ./test to source. Bash 3.2 and later; Linux and macOS.
#   needs COMMAND...        which groups of both kinds a command of the program needs: sets $system and $packages
#   setup_system GROUP...   system libraries and programs (Debian and Ubuntu): window sound virtual tests training
#   setup_python [GROUP...] the virtual environment in .venv with the exact versions of requirements.lock, and of
#                           requirements-GROUP.lock: ears voice turns video whisper dualtalk measure train develop
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
TORCH=torch==2.13.0
UV=uv==0.13.9
PYTHON_VERSIONS="python3.11 python3.12 python3.13 python3 python"
# Nothing is compiled when it is installed, but when it is first imported: that has to be kept.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*" >&2; }

# The first command that needs a group brings it (app/groups.py says so in the program). What somebody has imported before,
# or Whisper left behind, is used where it can be: its packages come with any command.
needs() {
  local store=${XDG_DATA_HOME:-$HOME/.local/share}/dualtalk-live cache=${XDG_CACHE_HOME:-$HOME/.cache}
  [ "$(uname)" = Darwin ] && store="$HOME/Library/Application Support/dualtalk-live"
  packages="" system="window sound"
  case ${1:-} in
    render | replay | compare | converse) packages="video" ;;
    import-whisper) packages="whisper" ;;
    import-dualtalk) packages="dualtalk" ;;
    import-flame | build-heads) packages="measure" ;;
    evaluate) packages="measure" && [ "${2:-}" != duet ] && packages="measure dualtalk" ;;
    train) packages="measure train" system="$system training" ;;
    bench)
      case ${2:-} in
        model | render | voice | pauses | persona | recognition) ;;
        dualtalk) packages="dualtalk" ;;
        all) packages="dualtalk" system="$system virtual" ;;
        drill) packages="video whisper dualtalk measure" system="$system virtual" ;;
        *) system="$system virtual" ;;
      esac ;;
  esac
  case " $* " in *" dualtalk "*) packages="$packages dualtalk" ;; esac
  case " $* " in *" --hearing sphinx "* | *" --hearing tiny.en "* | *" --hearing auto "*) ;; *" --hearing "*) packages="$packages whisper" ;; esac
  compgen -G "$store/whisper/*.pt" >/dev/null || compgen -G "$cache/whisper/*.pt" >/dev/null && packages="$packages whisper"
  [ -e "$store/dualtalk.safetensors" ] && packages="$packages dualtalk"
  [ -e "$store/flame.npz" ] && packages="$packages measure"
  return 0
}

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
virtual Xvfb xvfb a virtual screen
virtual pulseaudio pulseaudio virtual sound devices
virtual paplay pulseaudio-utils virtual sound devices
virtual /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so libasound2-plugins virtual sound devices
tests xauth xauth a virtual screen
tests xdotool xdotool typing and clicking
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
  find_python >/dev/null || missing="$missing python3 python3-venv"
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
         apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@"; } >&2; then
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
  local group lock missing="" stamp
  for group in "" "$@"; do
    lock=requirements${group:+-$group}.lock
    stamp=.venv/installed-${lock%.lock}
    case " $missing " in *" $lock "*) continue ;; esac
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted "$lock")" ] || missing="$missing $lock"
  done
  [ -z "$missing" ] && return 0
  make_environment || return 1
  say "installing Python packages:$missing (once)"
  install_locks $missing || {
    say "The Python packages could not be installed: check the network and the disk, then start again."
    return 1
  }
  for lock in $missing; do wanted "$lock" > ".venv/installed-${lock%.lock}"; done
}

wanted() { printf '%s\n' "$TORCH" | cat - "$1" | checksum; }

make_environment() {
  local python
  [ -x .venv/bin/python ] && return 0
  python=$(find_python) || { say "Python 3.11, 3.12 or 3.13 with its venv module is needed: install it, then start again."; return 1; }
  say "making the virtual environment .venv with $python"
  "$python" -m venv .venv || { rm -rf .venv; return 1; }
}

# torch alone with what it depends on, which differs by machine; the rest as the locks say.
install_locks() {
  local lock files=()
  for lock in "$@"; do files+=(-r "$lock"); done
  case " $* " in *" requirements.lock "*) install_torch || return 1 ;; esac
  install --no-deps "${files[@]}"
}

# On Linux without an NVIDIA card uv takes torch's build for processors (0.2 rather than 3 GB), unless pip is told of
# sources of its own, or the build's index cannot be reached.
install_torch() {
  use_uv
  if [ -n "$uv" ] && [ "$(uname)" = Linux ] && [ -z "$own_sources" ]; then
    UV_HTTP_RETRIES=1 uv_install --torch-backend auto "$TORCH" -c requirements.lock && return 0
  fi
  install "$TORCH" -c requirements.lock
}

uv_install() { "$uv" pip install --python .venv/bin/python "${told[@]+"${told[@]}"}" "$@" >&2; }

install() {
  use_uv
  [ -n "$uv" ] && uv_install "$@" && return 0
  .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-compile "$@" >&2
}

# uv fetches and unpacks side by side; where it is not to be had, or fails, pip does the same in more time. uv reads only
# settings of its own, so it is told what pip is told. Not of pip's extra indexes, though: uv would take a version from the
# first that has it, be it a build for another machine.
uv="" own_sources="" told=() asked_for_uv=""
use_uv() {
  [ -n "$asked_for_uv" ] && return
  asked_for_uv=yes
  [ -x .venv/bin/uv ] ||
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet --no-deps "$UV" >&2 || return 0
  uv=.venv/bin/uv
  local key value each
  while IFS='=' read -r key value; do
    value=${value#\'} value=${value%\'}
    for each in ${value//\\n/ }; do
      case ${key##*.} in
        index-url | find-links) own_sources=yes told+=("--${key##*.}" "$each") ;;
        constraint) told+=(--constraint "$each") ;;
        trusted-host) told+=(--allow-insecure-host "$each") ;;
        cert) export SSL_CERT_FILE=${SSL_CERT_FILE:-$each} ;;
      esac
    done
  done < <(.venv/bin/python -m pip config list)
}
