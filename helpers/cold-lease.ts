// Who uses a cold store: so that the next run removes what a killed one left, and never what another run still needs.

/**
 * Shell functions for the scripts of the builder. A lease is a file of lines `MACHINE BOOT NAMESPACE PID START`, one for each
 * process that holds the store: the one for whom the run works there (this program, or the sshd of its connection, which end
 * with it), and every script that works in it. A process is known by its start time beside its pid, for pids come again.
 */
export const leases = String.raw`
whereabouts() {
  machine=
  { read -r machine </etc/machine-id || :; } 2>/dev/null
  [ -n "$machine" ] || read -r machine </proc/sys/kernel/hostname
  read -r boot </proc/sys/kernel/random/boot_id
  namespace=$(readlink /proc/self/ns/pid)
  started $$ >/dev/null || { echo "/proc shows no processes" >&2; exit 1; }
}
stat_of() { stat=$(cat "/proc/$1/stat" 2>/dev/null) && stat=${"$"}{stat##*) }; }
started() {
  stat_of "$1" || return 1
  set -- $stat
  case $1 in Z | X) return 1 ;; esac
  echo "${"$"}{20}"
}
client() {
  client=$PPID
  # ssh.ts puts a timeout before every program; that one ends with it.
  if [ "$(cat "/proc/$client/comm")" = timeout ]; then stat_of "$client"; set -- $stat; client=$2; fi
  echo "$client"
}
hold() {
  lease=$1
  shift
  for pid; do
    printf '%s %s %s %s %s\n' "$machine" "$boot" "$namespace" "$pid" "$(started "$pid" || echo '?')" >>"$lease"
  done
}
holder() {
  [ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] || { echo "it has no lease"; return; }
  lines=0
  while read -r its_machine its_boot its_namespace pid start; do
    lines=$((lines + 1))
    [ "$its_machine" = "$machine" ] || { echo "held from another machine"; return; }
    [ "$its_boot" = "$boot" ] || continue
    [ "$its_namespace" = "$namespace" ] || { echo "held in another container"; return; }
    case $pid-$start in -* | *- | *[!0-9-]*) echo "its lease cannot be read"; return ;; esac
    [ "$(started "$pid")" != "$start" ] || { echo "in use by process $pid"; return; }
  done <"$1"
  [ "$lines" -gt 0 ] || echo "its lease is empty"
}
`

/** After the builder's prelude and with `$dir` as our own store → pairs of directory, and `removed` or why it was kept. */
export const sweepOthers = `
parent=\${dir%/*}
for old in "$parent"/cc-ci-verifier-cold-* "$parent"/cc-ci-verifier-dead-*; do
  [ "$old" != "$dir" ] && [ -d "$old" ] && [ ! -L "$old" ] || continue
  [ -O "$old" ] || { field "$old" "it is somebody else's"; continue; }
  dead=$old
  case \${old##*/} in
    cc-ci-verifier-cold-*)
      why=$(holder "$old/lease")
      [ -z "$why" ] || { field "$old" "$why"; continue; }
      # Under another name, so that of two runs that sweep at once one does, and a sweep that is cut off goes on later.
      dead=$parent/cc-ci-verifier-dead-\${old##*-}
      mv -nT -- "$old" "$dead" 2>/dev/null || :
      [ ! -e "$old" ] || { field "$old" "it cannot be renamed"; continue; } ;;
  esac
  rm -rf --one-file-system -- "$dead" 2>/dev/null || { chmod -R u+rwX -- "$dead" && rm -rf --one-file-system -- "$dead"; } 2>/dev/null || :
  if [ -e "$dead" ]; then field "$dead" "it cannot be removed whole"; else field "$old" removed; fi
done
`
