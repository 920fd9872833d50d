#!/usr/bin/env bash
# Runs a script on a throw-away copy of this machine: machine.sh CLONE PROJECT SCRIPT NODE [systemd]. Files, processes and network are its own, so
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
if [ "${5:-}" = systemd ]; then
  # A file outside the copy.
  touch "$script.output" "$root/all/opt/you/output"
  mount --bind "$script.output" "$root/all/opt/you/output"
fi
ip link set lo up
cd "$root/all"
# Not chroot: a container engine could not enter its containers.
mkdir -p "$root/all/mnt/machine"
pivot_root . mnt/machine
umount --lazy /mnt/machine
settings=(HOME=/opt/you XDG_RUNTIME_DIR=/run/user/0 LANG=C.UTF-8 TERM=dumb CI=true
  PATH="${4:+$4:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
[ "${5:-}" = systemd ] || exec env -i "${settings[@]}" bash /opt/you/page.sh

# Boots systemd, which runs the script as a service and ends with its exit code.
umount --lazy /dev
mount -t tmpfs dev /dev
for device in null zero full random urandom tty; do mknod -m 666 "/dev/$device" c $(case $device in
  null) echo 1 3 ;; zero) echo 1 5 ;; full) echo 1 7 ;; random) echo 1 8 ;; urandom) echo 1 9 ;; tty) echo 5 0 ;; esac); done
mkdir -m 1777 /dev/shm && mkdir /dev/pts
mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx && ln -s /proc/self/fd /dev/fd
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
rm -rf /etc/systemd/system/*.wants
cat > /etc/systemd/system/page.service <<END
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
Environment=${settings[*]}
ExecStart=/bin/bash /opt/you/page.sh
StandardOutput=file:/opt/you/output
StandardError=file:/opt/you/output
END
exec env -i container=other /lib/systemd/systemd --unit=page.service --show-status=no --log-target=null
