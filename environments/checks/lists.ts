/** Entries of a list that have a key which an earlier one has. */
export function duplicates<T>(list: readonly T[], path: string, keyOf: (item: T) => string): string[] {
  const seen = new Set<string>();
  return list.flatMap(item => {
    const key = keyOf(item);
    if (seen.has(key)) return [`'${path}' must name each once, got '${key}' twice`];
    seen.add(key);
    return [];
  });
}

/** Address ranges must be networks: with bits of a host they mean something else than they say. */
export function ranges(path: string, list: readonly string[]): string[] {
  return list.flatMap((range, at) => {
    const [address, bits] = range.split('/') as [string, string];
    const octets = address.split('.').map(Number);
    if (octets.some(octet => octet > 255) || Number(bits) > 32) {
      return [`'${path}.${at}' must be an address range such as '10.0.0.0/8', got '${range}'`];
    }
    const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    const size = 2 ** (32 - Number(bits));
    if (value % size === 0) return [];
    const network = value - (value % size);
    const text = [24, 16, 8, 0].map(shift => Math.floor(network / 2 ** shift) % 256).join('.');
    return [`'${path}.${at}' must be a network, '${text}/${bits}', got '${range}'`];
  });
}
