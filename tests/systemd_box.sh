#!/bin/bash
# The two inner halves of systemd_box.py, which explains them.
#   hold DIR                      own mount namespace: a throw-away overlay of / at DIR/root, kept until this ends
#   boot DIR FROM:TO...           from there: become systemd, PID 1 of a small machine; each FROM is shown in it as TO
set -eu
command=$1 dir=$2
root=$dir/layers/root
shift 2
case $command in
hold)
    mount --make-rprivate /
    mkdir -p "$dir/layers"
    mount -t tmpfs -o mode=755 layers "$dir/layers"
    mkdir "$dir/layers/upper" "$dir/layers/work" "$root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/layers/upper,workdir=$dir/layers/work" "$root"
    # A small, quiet boot: the journal, the bus, logind and the managers of users.
    system=$root/etc/systemd/system
    rm -rf "$system"/*.wants
    cat > "$system/box.target" <<'UNIT'
[Unit]
Requires=basic.target dbus.socket systemd-journald.service systemd-user-sessions.service
After=basic.target dbus.socket systemd-logind.service systemd-user-sessions.service
Wants=systemd-logind.service
AllowIsolate=yes
UNIT
    for unit in networkd resolved timesyncd udevd udev-trigger sysctl modules-load firstboot hwdb-update pcrphase \
        remount-fs binfmt; do
        ln -sf /dev/null "$system/systemd-$unit.service"
    done
    for unit in getty@.service console-getty.service kmod-static-nodes.service systemd-udevd-kernel.socket \
        systemd-udevd-control.socket; do
        ln -sf /dev/null "$system/$unit"
    done
    for unit in "$root"/lib/systemd/system/*.timer "$root"/lib/systemd/system/*.mount \
        "$root"/lib/systemd/system/*.automount; do
        [ ! -e "$unit" ] || ln -sf /dev/null "$system/$(basename "$unit")"
    done
    # One sound server: PipeWire, as on a desktop of today.
    for unit in pulseaudio.service pulseaudio.socket; do
        ln -sf /dev/null "$root/etc/systemd/user/$unit"
    done
    rm -rf "$root/var/log/journal"
    mkdir -p "$root/var/log/journal" "$root/mnt/share"
    chmod 755 "$root"
    echo box > "$root/etc/hostname"
    : > "$root/etc/fstab"
    for path in "$@"; do # whoever lives in the box may use the Python that tests it
        while [ "$path" != / ]; do
            chmod o+rx "$root$path"
            path=$(dirname "$path")
        done
    done
    chroot "$root" useradd --create-home --uid 4242 --shell /bin/bash tester
    touch "$dir/held"
    exec sleep infinity
    ;;
boot)
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 run "$root/run"
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    mount -t tmpfs -o mode=755 dev "$root/dev"
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    for node in null zero full random urandom tty; do
        touch "$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    : > "$root/dev/console"
    mount --bind "$dir/console.log" "$root/dev/console"
    mount --bind "$dir/share" "$root/mnt/share"
    for pair in "$@"; do
        mkdir -p "$root${pair#*:}"
        mount --bind "${pair%%:*}" "$root${pair#*:}"
    done
    ip link set lo up
    mkdir -p "$root/outside"
    cd "$root"
    pivot_root . outside
    cd /
    umount -l /outside
    hostname box
    exec env -i container=box PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --unit=box.target --log-target=console
    ;;
esac
