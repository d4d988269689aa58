#!/bin/sh
# Runs a command as a container runtime would run it in the image, without one: a mount namespace of its own, a read-only root but for the mounts
# of the pod, the user of the image, no capabilities.
#   unshare --mount pod.sh UID GID ROOT WRITABLE,… COMMAND…
# ROOT is a folder with what the image adds to a Debian; the system's own folders are mounted into it.
set -eu
uid=$1 gid=$2 root=$3 writable=$(echo "$4" | tr , ' ')
shift 4

for link in bin lib lib64; do [ ! -L "/$link" ] || ln -sfn "$(readlink "/$link")" "$root/$link"; done
for folder in /usr /etc /proc /dev $writable; do mkdir -p "$root$folder"; done
mount --bind "$root" "$root"
for folder in usr etc proc dev; do mount --rbind "/$folder" "$root/$folder"; done
for folder in usr etc; do mount -o remount,bind,ro "$root/$folder"; done
for folder in $writable; do mount -t tmpfs -o mode=1777 tmpfs "$root$folder"; done
mount -o remount,bind,ro "$root"

exec chroot "$root" setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs --bounding-set -all --pdeathsig KILL -- "$@"
