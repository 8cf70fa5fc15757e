// Places the nodes of a directed graph in columns from left to right, so that edges point right and seldom cross (after Sugiyama,
// Tagawa and Toda, 1981): columns by longest path, long edges cut into pieces by waypoints, then each column ordered by the mean
// place of its neighbours, to and fro. Pure, and the same for the same input.

export interface Place {
  readonly column: number;
  /** 0 is the top of its column; waypoints take places as well. */
  readonly row: number;
}

export interface Layout {
  readonly placeById: ReadonlyMap<string, Place>;
  /** For each edge given, the places it passes, its ends included. */
  readonly routes: readonly (readonly Place[])[];
  readonly columns: number;
  readonly rows: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

const ORDERING_ROUNDS = 8;

export function layeredLayout(ids: readonly string[], edges: readonly Edge[]): Layout {
  const columnById = columnsOf(ids, edges);
  const columns: string[][] = Array.from({ length: Math.max(0, ...columnById.values()) + 1 }, () => []);
  for (const id of ids) columns[columnById.get(id)!]!.push(id);
  const paths = edges.map((edge, index) => pathOf(edge, index, columnById));
  for (const path of paths) for (const [id, column] of path.slice(1, -1)) columns[column]!.push(id);
  const links = paths.flatMap((path) => path.slice(1).map(([id], index) => [path[index]![0], id] as const));
  order(columns, links);
  const placeById = new Map(columns.flatMap((column, index) => column.map((id, row) => [id, { column: index, row }] as const)));
  return {
    placeById: new Map(ids.map((id) => [id, placeById.get(id)!])),
    routes: paths.map((path) => path.map(([id]) => placeById.get(id)!)),
    columns: columns.length, rows: Math.max(0, ...columns.map(({ length }) => length)),
  };
}

/** Column of each node: one more than the furthest of those before it. An edge that closes a circle is not counted. */
function columnsOf(ids: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const before = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { from, to } of edges) before.get(to)!.push(from);
  const columnById = new Map<string, number>();
  const open = new Set<string>();
  const visit = (id: string): number => {
    const known = columnById.get(id);
    if (known !== undefined) return known;
    open.add(id);
    const column = Math.max(-1, ...before.get(id)!.filter((each) => !open.has(each)).map(visit)) + 1;
    open.delete(id);
    columnById.set(id, column);
    return column;
  };
  for (const id of ids) visit(id);
  return columnById;
}

/** Ids and columns along an edge; waypoints get ids of their own. An edge that does not point right goes straight. */
function pathOf({ from, to }: Edge, index: number, columnById: ReadonlyMap<string, number>): (readonly [string, number])[] {
  const first = columnById.get(from)!, last = columnById.get(to)!;
  const between = Array.from({ length: Math.max(0, last - first - 1) }, (_, step) => [`waypoint ${index} ${step}`, first + step + 1] as const);
  return [[from, first], ...between, [to, last]];
}

/** Sorts each column by the mean row of its neighbours in the column before, then after, several times; ties keep their order. */
function order(columns: string[][], links: readonly (readonly [string, string])[]): void {
  const befores = neighbours(links.map(([from, to]) => [to, from])), afters = neighbours(links);
  for (let round = 0; round < ORDERING_ROUNDS; round++) {
    const isForward = round % 2 === 0;
    for (const index of isForward ? columns.keys() : [...columns.keys()].reverse()) {
      const beside = columns[isForward ? index - 1 : index + 1];
      if (beside === undefined) continue;
      const rowById = new Map(beside.map((id, row) => [id, row]));
      const mean = new Map(columns[index]!.map((id, row) => {
        const rows = ((isForward ? befores : afters).get(id) ?? []).map((each) => rowById.get(each)).filter((each) => each !== undefined);
        return [id, rows.length === 0 ? row : rows.reduce((sum, each) => sum + each, 0) / rows.length];
      }));
      columns[index]!.sort((a, b) => mean.get(a)! - mean.get(b)!);
    }
  }
}

function neighbours(links: readonly (readonly [string, string])[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [id, other] of links) found.set(id, [...(found.get(id) ?? []), other]);
  return found;
}
