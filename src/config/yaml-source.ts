// YAML text to plain data that remembers where everything stood. Knows nothing of what the keys mean.
import type { Document, Node } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import { reasonOf } from '../base/errors.ts';
import type { ConfigPath, ConfigProblemCode } from './problem.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Place {
  readonly code: ConfigProblemCode;
  readonly path: ConfigPath;
  readonly message: string;
}

export interface YamlSource {
  /** What the file says, as far as it could be read; an empty mapping for an empty file. */
  readonly data: unknown;
  readonly problems: readonly YamlProblem[];
  /** False where the text is not YAML, so that `data` says nothing. */
  readonly isReadable: boolean;
  /** Where the value at `path` stands, or the nearest mapping around it that is there. */
  placeOf(path: ConfigPath): Place;
  /** Where the key itself stands. */
  placeOfKey(path: ConfigPath): Place;
  /** The text of the value before `${…}` was filled in; undefined where nothing was. */
  writtenAs(path: ConfigPath): string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Longest text taken, characters: a config is never that long, and the parser's time grows with it. */
const MAX_CHARACTERS = 1_000_000;
const START: Place = { line: 1, column: 1 };

/** Parses `text`; `environment` fills `${NAME}` and `${NAME:-default}` in text values (`$${` stays `${`). Never throws. */
export function readYaml(text: string, environment: Environment): YamlSource {
  if (text.length > MAX_CHARACTERS) return failed([{ ...START, code: 'CONFIG_UNREADABLE', path: [], message: `the file has ${text.length} characters; a config has at most ${MAX_CHARACTERS}` }]);
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, stringKeys: true, version: '1.2' });
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (document === undefined) return emptySource();
    const problems = syntaxProblems(document, { lines, text });
    if (second !== undefined) problems.push({ ...placeAt(lines, second.range?.[0]), code: 'CONFIG_SYNTAX', path: [], message: 'found a second YAML document; allowed is one, without a line `---` in it' });
    if (problems.some(({ code }) => code !== 'CONFIG_DUPLICATE_KEY')) return failed(problems);
    const source = sourceOf(document, lines, environment);
    return { ...source, problems: [...problems, ...source.problems] };
  } catch (error) {
    // Seen for recursive aliases only; the parser reports everything else as an error with a position.
    return failed([{ ...START, code: 'CONFIG_SYNTAX', path: [], message: `the YAML cannot be resolved: ${reasonOf(error)}` }]);
  }
}

function sourceOf(document: Document, lines: LineCounter, environment: Environment): YamlSource {
  const filled = fillVariables(document, lines, environment);
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    return failed([{ ...placeAt(lines, root.range?.[0]), code: 'CONFIG_WRONG_TYPE', path: [], message: 'found no mapping at the top of the file; allowed are keys with values, such as `line:`' }]);
  }
  return {
    isReadable: true,
    data: document.toJS({ maxAliasCount: 50 }) ?? {},
    problems: filled.problems,
    placeOf: (path) => placeAt(lines, find(document, path).valueOffset),
    placeOfKey: (path) => placeAt(lines, find(document, path).keyOffset),
    writtenAs: (path) => {
      const { node } = find(document, path);
      return node === undefined ? undefined : filled.written.get(node);
    },
  };
}

function syntaxProblems(document: Document, { lines, text }: { lines: LineCounter; text: string }): YamlProblem[] {
  return [...document.errors, ...document.warnings].map((error) => {
    const isDuplicate = error.code === 'DUPLICATE_KEY';
    return {
      ...placeAt(lines, error.pos[0]),
      code: isDuplicate ? 'CONFIG_DUPLICATE_KEY' as const : 'CONFIG_SYNTAX' as const,
      path: [],
      message: isDuplicate
        ? `found the key \`${/^[^:\s]*/.exec(text.slice(error.pos[0]))![0]}\` a second time in this mapping; allowed is each key once`
        : syntaxMessage(error.code, error.message),
    };
  });
}

function syntaxMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'found a tab as indentation; allowed are spaces';
  return `found what is not YAML: ${message.split('\n')[0]}`;
}

const VARIABLE = /\$?\$\{([^}]*)\}/g;
const VARIABLE_NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

function fillVariables(document: Document, lines: LineCounter, environment: Environment): { problems: YamlProblem[]; written: Map<Node, string> } {
  const problems: YamlProblem[] = [];
  const written = new Map<Node, string>();
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const text = node.value;
      written.set(node, text);
      node.value = text.replaceAll(VARIABLE, (whole: string, inside: string) => {
        if (whole.startsWith('$$')) return whole.slice(1);
        const [, name, fallback] = VARIABLE_NAME.exec(inside) ?? [];
        const value = name === undefined ? undefined : environment[name] ?? fallback;
        if (value !== undefined) return value;
        problems.push({
          ...placeAt(lines, node.range?.[0]), code: 'CONFIG_VARIABLE', path: pathOf(document, [...ancestors, node] as Node[]),
          message: name === undefined
            ? `found \`${whole}\`; allowed is \${NAME} or \${NAME:-default} with a name of letters, digits and underscores, and \`$\${\` for the characters themselves`
            : `found \`${whole}\`, but the environment has no ${name}; set it, or give a default as \${${name}:-default}`,
        });
        return whole;
      });
    },
  });
  return { problems, written };
}

function pathOf(document: Document, trail: readonly unknown[]): ConfigPath {
  const path: (string | number)[] = [];
  let parent: unknown = document.contents;
  for (const step of trail) {
    if (isPair(step)) path.push(isScalar(step.key) ? String(step.key.value) : '?');
    else if (isSeq(parent) && parent.items.includes(step)) path.push(parent.items.indexOf(step));
    parent = isPair(step) ? step.value : step;
  }
  return path;
}

interface Found {
  node: Node | undefined;
  valueOffset: number | undefined;
  keyOffset: number | undefined;
}

/** The node at `path`; where a part of the path is not written, the place of what is. */
function find(document: Document, path: ConfigPath): Found {
  let node = document.contents as Node | null | undefined;
  let keyOffset = node?.range?.[0];
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = container.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return { node: undefined, valueOffset: keyOffset, keyOffset };
      keyOffset = (pair.key as Node).range?.[0] ?? keyOffset;
      node = pair.value as Node | null;
    } else if (isSeq(container)) {
      const item = container.items[Number(step)] as Node | undefined;
      if (item === undefined) return { node: undefined, valueOffset: keyOffset, keyOffset };
      node = item;
      keyOffset = item.range?.[0] ?? keyOffset;
    } else {
      return { node: undefined, valueOffset: keyOffset, keyOffset };
    }
  }
  // An absent value (`key:`) has an empty range after the colon: the key is where a person looks.
  const isWritten = node?.range != null && node.range[1] > node.range[0];
  return { node: node ?? undefined, valueOffset: isWritten ? node!.range![0] : keyOffset, keyOffset };
}

function placeAt(lines: LineCounter, offset: number | undefined): Place {
  const { line, col } = lines.linePos(offset ?? 0);
  return line < 1 ? START : { line, column: Math.max(1, col) };
}

function emptySource(): YamlSource {
  return { data: {}, problems: [], isReadable: true, placeOf: () => START, placeOfKey: () => START, writtenAs: () => undefined };
}

function failed(problems: readonly YamlProblem[]): YamlSource {
  return { ...emptySource(), isReadable: false, problems };
}
