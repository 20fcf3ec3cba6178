/**
 * Construct paths that were renamed, by their new path. The real engine would delete the object of the old path and make
 * one anew; with an entry here it knows that they are the same. Entries stay for as long as stacks of the old name exist.
 */
export const moved: Readonly<Record<string, readonly string[]>> = {};

/** What identifies a resource in the state of a stack: `TYPE::NAME`. */
export type ResourceId = string;

/**
 * Compares the resources of a program with those that stacks out there are known to have.
 *
 * @param known   of the committed list
 * @param current of the program
 * @param aliases as `moved`
 * @returns what to do about each difference; empty when there is none
 */
export function resourceProblems(
  known: readonly ResourceId[],
  current: readonly ResourceId[],
  aliases: Readonly<Record<string, readonly string[]>> = moved,
): string[] {
  const now = new Set(current);
  const [types, names] = [new Map<string, string>(), new Set<string>()];
  for (const id of current) {
    const [type, name] = split(id);
    types.set(name, type);
    names.add(name);
  }
  const covered = new Set(
    Object.entries(aliases).flatMap(([name, old]) => old.map(each => `${types.get(name)}::${each}`)),
  );
  const gone = known.filter(id => !now.has(id) && !covered.has(id));
  const added = current.filter(id => !known.includes(id));
  return [
    ...gone.map(
      id =>
        `'${id}' is gone: if it was renamed, add its old path to 'moved' in stacks/aliases.ts; if not, delete its line`,
    ),
    ...added.map(id => `'${id}' is new: add its line`),
    ...Object.keys(aliases)
      .filter(name => !names.has(name))
      .map(name => `'moved' in stacks/aliases.ts names '${name}', which the program does not have`),
  ];
}

function split(id: ResourceId): [type: string, name: string] {
  const at = id.indexOf('::');
  return [id.slice(0, at), id.slice(at + 2)];
}
