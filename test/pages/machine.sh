#!/usr/bin/env bash
# Runs a script on a throw-away copy of this machine: machine.sh CLONE PROJECT SCRIPT. Files, processes and network are its own, so
# that a page may say `sudo npm install --global` and use the usual ports. Needs `unshare --mount --net --pid --fork --kill-child`.
set -euo pipefail
clone=$1 project=$2 script=$3
root=$(mktemp -d)
mount -t tmpfs machine "$root"
layer() { # LOWER TARGET: the target has the files of the lower folder; changes stay in memory
  local changes=$root/changes/$3
  mkdir -p "$changes/upper" "$changes/work" "$2"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$changes/upper,workdir=$changes/work" "$2"
}
layer / "$root/all" all
mount --rbind /dev "$root/all/dev"
mount -t proc proc "$root/all/proc"
mount -t tmpfs tmp "$root/all/tmp"
mount -t tmpfs run "$root/all/run"
layer "$clone" "$root/all/opt/alongside" clone
layer "$project" "$root/all/opt/you/project" project
rm -rf "$root/all/opt/alongside/.alongside" "$root/all/opt/alongside/dist"
mkdir -m 700 -p "$root/all/run/user/0"
cp "$script" "$root/all/opt/you/page.sh"
ip link set lo up
cd "$root/all"
# Not chroot: a container engine could not enter its containers.
mkdir -p "$root/all/mnt/machine"
pivot_root . mnt/machine
umount --lazy /mnt/machine
exec env -i HOME=/opt/you XDG_RUNTIME_DIR=/run/user/0 LANG=C.UTF-8 TERM=dumb CI=true \
  PATH="${4:+$4:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
  bash /opt/you/page.sh
