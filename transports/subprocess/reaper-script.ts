/**
 * Reads `+group` and `-group`, one a line, until the host that writes them is gone. Then it ends the groups it still
 * has: SIGTERM, and SIGKILL for what is left after two seconds, which is time to write a file down and no more.
 * A group is remembered with the start of its leader, where the system tells, so that a number that has gone to
 * somebody else is left alone. It hears no signal of a terminal: it has to outlive the host by those seconds.
 * Its first line is what `ps` shows. POSIX only; `kill -s NAME -- -group` is the one spelling that every shell takes.
 */
export const reaperScript = `# plugboard-reaper: ends what a host leaves behind
set -f
trap '' HUP INT QUIT TERM
groups=

look() {
  start=
  { read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 0
  set -- \${stat##*) }
  start=\${20}
}

drop() {
  left=
  for entry in $groups; do
    [ "\${entry%:*}" = "$1" ] || left="$left $entry"
  done
  groups=$left
}

send() {
  left=
  for entry in $groups; do
    group=\${entry%:*}
    look "$group"
    [ -z "$start" ] || [ "$start" = "\${entry#*:}" ] || continue
    kill -s "$1" -- "-$group" 2> /dev/null && left="$left $entry"
  done
  groups=$left
}

while read -r line; do
  group=\${line#?}
  drop "$group"
  case $line in
    +*) look "$group"; groups="$groups $group:$start" ;;
  esac
done

send TERM
tenths=20
while [ -n "$groups" ] && [ $tenths -gt 0 ]; do
  sleep 0.1 || sleep 1
  tenths=$((tenths - 1))
  send 0
done
send KILL
`;
