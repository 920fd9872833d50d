/** The scrape of one process, in the plain format. */
export interface Scrape {
  /** Its number among the processes of the installation. */
  process: number;
  body: string;
}

const withProcess = (line: string, process: number): string => {
  const end = line.search(/[{ ]/);
  const name = line.slice(0, end);
  const labels = line[end] === '{' ? `,${line.slice(end + 1)}` : `}${line.slice(end)}`;
  return `${name}{process="${process}"${labels}`;
};

/** Returns one scrape of several processes: each line has the label `process`, and each series one header. */
export function mergeScrapes(scrapes: readonly Scrape[]): string {
  const series = new Map<string, string[]>();
  for (const { process, body } of scrapes) {
    let lines: string[] = [];
    let name = '';
    for (const line of body.split('\n')) {
      if (line === '') continue;
      const [, kind, named = ''] = line.startsWith('# ') ? line.split(' ', 3) : [];
      if (kind === undefined) lines.push(withProcess(line, process));
      else if (named !== name) {
        name = named;
        const known = series.get(name);
        lines = known ?? [line];
        if (!known) series.set(name, lines);
      } else if (lines.length === 1) lines.push(line);
    }
  }
  return `${[...series.values()].flat().join('\n')}\n`;
}
