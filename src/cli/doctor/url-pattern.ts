const shape = /^(?:(\*|[a-z][a-z0-9+.-]*):\/\/)?(\.?)([^/:]*|\[[^\]]*\])(?::(\d+|\*))?(?:\/\*?)?$/i;

/**
 * Whether a pattern of a browser policy stands for everything at an address: `*`, `localhost`, `.localhost`,
 * `http://127.0.0.1:8403`. One for some paths alone does not.
 */
export function patternCovers(pattern: string, url: URL): boolean {
  const [whole, scheme, dot, host = '', port] = shape.exec(pattern.trim()) ?? [];
  if (whole === undefined || whole === '') return false;
  if (scheme !== undefined && scheme !== '*' && `${scheme.toLowerCase()}:` !== url.protocol) return false;
  if (port !== undefined && port !== '*' && port !== url.port) return false;
  const name = host.toLowerCase().replace(/^(\[\*\.\]|\*\.)/, '');
  if (name === '*' || name === '') return true;
  // A dot in front means this host alone.
  return url.hostname === name || (dot === '' && url.hostname.endsWith(`.${name}`));
}
