// The fields of Linux' /proc/PID/stat and /proc/PID/task/TID/stat.

/** All fields behind the name, which may hold spaces and brackets itself: the state, field 3 of proc(5), is the first. */
export function fieldsBehindName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
