import type { ChildProcess } from 'node:child_process';

/** Resolves with the banner of a starting `alongside up`. */
export function bannerOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    child.once('exit', (code) => reject(new Error(`up ended with ${code}: ${out}`)));
    child.stdout?.on('data', (part) => {
      out += part;
      if (out.includes('Ctrl-C')) resolve(out);
    });
  });
}

/** Returns the commands in a banner. */
export const typedCommands = (banner: string): string[] =>
  banner.split('\n').flatMap((line) => /(?:npx alongside|node \S+) .*$/.exec(line)?.[0] ?? []);
