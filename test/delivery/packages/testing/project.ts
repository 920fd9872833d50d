import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const caller = process.env.npm_execpath;
const byNpm = caller !== undefined && basename(caller) === 'npm-cli.js';

export const clone = join(import.meta.dirname, '../../../..');

/** Builds packages of the clone into a folder; returns the paths of their files. */
export async function pack(folder: string, ...flags: string[]): Promise<string[]> {
  const { stdout } = await execute(process.execPath, [join(clone, 'scripts/pack.mjs'), folder, ...flags]);
  return stdout.trim().split('\n');
}

const built = new Map<string, Promise<string>>();
let folder: string | undefined;

/** Builds a package of the clone once for all test files of this process; returns the path of its file. */
export function packedOnce(name: string): Promise<string> {
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

  static async create(): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'supplier-')));
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
    const [program, ...first] = byNpm ? [process.execPath, caller] : ['npm'];
    return execute(program, [...first, ...args], {
      cwd,
      env,
      shell: !byNpm && process.platform === 'win32',
    });
  }

  remove(): Promise<void> {
    return rm(this.#root, { recursive: true, force: true });
  }
}
