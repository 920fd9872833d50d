import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { onWindows } from '../../../testing/platform.ts';

const execute = promisify(execFile);
const caller = process.env.npm_execpath;

/** Returns a program and its first words that run npm. On Windows `npm` is a batch file, so its script is run. */
function npmWords(): readonly [string, ...string[]] {
  if (caller !== undefined && basename(caller) === 'npm-cli.js') return [process.execPath, caller];
  if (!onWindows) return ['npm'];
  return [process.execPath, join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')];
}

export const clone = join(import.meta.dirname, '../../../..');

/** Builds packages of the clone into a folder; returns the paths of their files. */
export async function pack(folder: string, ...flags: string[]): Promise<string[]> {
  const { stdout } = await execute(process.execPath, [join(clone, 'scripts/pack.mjs'), folder, ...flags]);
  return stdout.trim().split('\n');
}

async function packedIn(there: string, name: string): Promise<string> {
  const start = `${name.replace('@', '').replace('/', '-')}-`;
  const file = (await readdir(there)).find((each) => each.startsWith(start) && /\d\.tgz$/.test(each));
  return join(there, file ?? assert.fail(`${name} is not in ${there}`));
}

const built = new Map<string, Promise<string>>();
let folder: string | undefined;

/** Builds a package of the clone once for all test files of this process; returns the path of its file. */
export function packedOnce(name: string): Promise<string> {
  // `npm run windows` has built it on Linux.
  const { ALONGSIDE_PACKED: there } = process.env;
  if (there) return packedIn(there, name);
  folder ??= mkdtempSync(join(tmpdir(), 'packed-'));
  const file = built.get(name) ?? pack(folder, '--only', name).then(([path = '']) => path);
  built.set(name, file);
  return file;
}
process.on('exit', () => folder && rmSync(folder, { recursive: true, force: true }));

/** A supplier's project in a new folder. npm downloads nothing. */
export class Project {
  readonly folder: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.folder = join(root, 'project');
  }

  /** @param name the start of the name of its folder */
  static async create(name = 'supplier-'): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), name)));
    await mkdir(project.folder);
    const manifest = { name: 'supplier', private: true, type: 'module' };
    await writeFile(project.path('package.json'), JSON.stringify(manifest));
    return project;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Installs files of packages, and packages of the clone on which they depend. */
  async install(files: readonly string[], dependencies: readonly string[] = []): Promise<void> {
    const packed = join(this.#root, 'dependencies');
    await mkdir(packed, { recursive: true });
    const others: string[] = [];
    for (const name of dependencies) {
      const { stdout } = await this.npm(
        packed,
        'pack',
        '--ignore-scripts',
        '--json',
        join(clone, 'node_modules', name),
      );
      others.push(
        ...(JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => join(packed, filename)),
      );
    }
    await this.npm(this.folder, 'install', '--offline', '--ignore-scripts', ...files, ...others);
  }

  async npm(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, npm_config_cache: join(this.#root, 'cache'), npm_config_audit: 'false' };
    const [program, ...first] = npmWords();
    return execute(program, [...first, ...args], { cwd, env });
  }

  remove(): Promise<void> {
    return rm(this.#root, { recursive: true, force: true });
  }
}
