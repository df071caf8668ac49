#!/usr/bin/env bash
# The project on a bare Debian 12, where nothing else is installed (as root; needs debootstrap).
#   tests/minimal_system.sh FOLDER COMMAND...       such as /tmp/bare ./test './run doctor'
# Makes FOLDER/base once, and FOLDER/root from it anew, holding a copy of what is committed here. Runs the commands in
# there one after the other, and tells of each how it ended, its seconds, and how many MB were written. What this machine
# tells apt, pip and uv, and whose certificates it trusts, is told inside too.
set -eu
[ -n "${OWN_MOUNTS:-}" ] || exec env OWN_MOUNTS=yes unshare --mount --pid --fork --kill-child "$0" "$@"
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
base=$folder/base root=$folder/root
if [ ! -e "$base/made" ]; then
  rm -rf "$base"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$base"
  touch "$base/made"
fi
rm -rf --one-file-system "$root"
cp -a "$base" "$root"

# What this machine says of the network.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
[ -e /etc/apt/sources.list.d/debian.sources ] && : > "$root/etc/apt/sources.list" &&
  cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
for path in /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.pip" "$HOME/.config/uv" /etc/uv; do
  [ -e "$path" ] && mkdir -p "$root$(dirname "$path")" && cp -rL "$path" "$root$path"
done
kept=()
while IFS= read -r -d '' each; do
  case $each in PIP_* | UV_* | *_proxy=* | *_PROXY=* | SSL_CERT_* | *CA_BUNDLE=*) kept+=("$each") ;; esac
done < <(env -0)
# Folders of packages on this machine's disk, which pip is told of; an index's files lie beside it.
for path in $(pip config list 2>/dev/null | grep -oE "(file://|=')/[^' ]*" | sed -E "s#^file://(.*)/[^/]*#\1#; s#^='##"); do
  [ -d "$path" ] && mkdir -p "$root$path" && mount --bind -o ro "$path" "$root$path"
done

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mkdir -p "$root/project"
git -C "$here" archive HEAD | tar -x -C "$root/project"

written() { du -smx "$root" | cut -f1; }
inside() {
  env -i "${kept[@]+"${kept[@]}"}" HOME=/root LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" bash -c "cd /project && $1"
}
failed=0
for command in "$@"; do
  before=$(written) begun=$SECONDS code=0
  inside "$command" || code=$?
  printf '%s: exit code %s, %s s, %s MB\n' "$command" "$code" $((SECONDS - begun)) $(($(written) - before))
  [ "$code" = 0 ] || failed=1
done
exit $failed
