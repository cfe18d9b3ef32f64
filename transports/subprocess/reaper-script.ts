/** The variable by which a process is found that its host did not live to tell of. */
export const startMark: string = 'PLUGBOARD_START';

/**
 * Reads lines until the host that writes them is gone: `?start` a process is about to be started, with that mark in its
 * environment; `!start` it is known, or came to nothing; `+group` and `-group`, a group runs and has ended. Then it ends
 * the groups it still has: SIGTERM, and SIGKILL for what is left after two seconds, which is time to write a file down
 * and no more: by the clock where the system shows one, as each round takes long where much runs. Meanwhile it looks
 * for what was about to start, where the system shows environments: a process has its mark from its first instruction
 * on, and until then it holds the pipe whose end is waited for.
 * A group is remembered with the start of its leader, where the system tells, so that a number that has gone to
 * somebody else is left alone. It hears no signal of a terminal: it has to outlive the host by those seconds.
 * Its first line is what `ps` shows. POSIX only; `kill -s NAME -- -group` is the one spelling that every shell takes.
 */
export const reaperScript: string = `# plugboard-reaper: ends what a host leaves behind
set -f
trap '' HUP INT QUIT TERM
groups=
starts=

look() {
  start= group=
  { read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 0
  set -- \${stat##*) }
  group=$3
  start=\${20}
}

without() {
  name=$1
  shift
  left=
  for entry; do
    [ "\${entry%:*}" = "$name" ] || left="$left $entry"
  done
}

send() {
  left=
  for entry in $groups; do
    leader=\${entry%:*}
    look "$leader"
    [ -z "$start" ] || [ "$start" = "\${entry#*:}" ] || continue
    kill -s "$1" -- "-$leader" 2> /dev/null && left="$left $entry"
  done
  groups=$left
}

seek() {
  for begun in $starts; do
    set +f
    found=$(grep -ls "${startMark}=$begun" /proc/[0-9]*/environ 2> /dev/null)
    set -f
    for file in $found; do
      pid=\${file#/proc/}
      look "\${pid%/environ}"
      case " $groups:" in *" $group:"*) continue ;; esac
      [ -n "$group" ] && kill -s TERM -- "-$group" 2> /dev/null || continue
      leader=$group
      look "$leader"
      groups="$groups $leader:$start"
      without "$begun" $starts
      starts=$left
    done
  done
}

clock() {
  seconds=
  { read -r seconds rest < /proc/uptime; } 2> /dev/null
  seconds=\${seconds%.*}
}

while read -r line; do
  given=\${line#?}
  case $line in
    [+-]*) without "$given" $groups; groups=$left ;;
    [?!]*) without "$given" $starts; starts=$left ;;
  esac
  case $line in
    +*) look "$given"; groups="$groups $given:$start" ;;
    \\?*) starts="$starts $given" ;;
  esac
done

send TERM
clock
gone=$seconds
tenths=20
while seek; [ -n "$groups$starts" ] && [ $tenths -gt 0 ]; do
  sleep 0.1 || sleep 1
  send 0
  tenths=$((tenths - 1))
  clock
  [ -z "$gone" ] || [ $((seconds - gone)) -le 2 ] || tenths=0
done
send KILL
`;
