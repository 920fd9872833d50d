/**
 * `npm run site -- --blocks [PAGE...]`: runs the code blocks of the pages, in their order, on a throw-away copy of this machine for
 * each page. Needs Linux and the right to create namespaces.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Project, pack } from '../delivery/packages/testing/project.ts';
import { at, type Block, blocksOf, clone, pages } from './blocks.ts';

/** Seconds that all blocks of a page may take. */
const timeoutSeconds = 480;
const namespaces = ['--mount', '--net', '--pid', '--ipc', '--uts', '--cgroup', '--fork', '--kill-child'];

const wanted = (process.env.ALONGSIDE_PAGES ?? '').split(',').filter((page) => pages.includes(page));

const runs = ({ language, marks }: Block) =>
  ['sh', 'ts', 'python'].includes(language) && marks.excerpt === undefined && marks.unrun === undefined;

/** Blocks that start another instance. */
const startsOne = ({ marks, code }: Block) =>
  marks.background !== undefined && /\b(npm start|alongside (up|serve)|identity-agent run)\b/.test(code);

/** Blocks that need our packages in the supplier's project. */
const usesPackages = ({ language, marks }: Block) => language === 'ts' || marks.in === 'project';

/**
 * Pages that need more than a plain copy: a script for its preparation, and what people do in a browser, which runs after the block
 * with the text of its key.
 */
const acts: Readonly<Record<string, { systemd?: true; before: string; after: Record<string, string> }>> = {
  'docs/server.md': {
    systemd: true,
    before: 'bash /opt/alongside/test/pages/server-machine.sh',
    after: { 'authenticator enrol': 'node /opt/alongside/test/pages/server-sign-in.ts "$uid" "$officer"' },
  },
  'docs/installing.md': {
    before: '. /opt/alongside/test/pages/container-machine.sh',
    after: {
      'docker compose up': '(cd deploy/compose && node /opt/alongside/test/pages/balanced-sign-in.ts)',
      'kubectl port-forward': 'bash /opt/alongside/test/pages/pod.sh',
    },
  },
};

/** Blocks that are run, or written to a file that others read. */
const used = (block: Block) =>
  runs(block) ||
  (block.marks.title !== undefined && block.marks.excerpt === undefined && block.marks.unrun === undefined);

let project: Project;
let folder = '';
before(async () => {
  assert.equal(
    spawnSync('unshare', [...namespaces, 'true']).status,
    0,
    `This machine does not allow namespaces. Run as root: unshare ${namespaces.join(' ')} true`,
  );
  folder = await mkdtemp(join(tmpdir(), 'pages-'));
  project = await Project.create();
  await writeFile(project.path('package.json'), JSON.stringify(supplier));
  // The copies have no network. docs/installing.md builds the executable from it.
  if (wanted.length === 0 || wanted.includes('docs/installing.md'))
    await (await import(pathToFileURL(join(clone, 'scripts/pack/executable/platforms.mjs')).href)).nodeFor(
      'linux-x64',
    );
  const registry = project.path('registry');
  await mkdir(registry);
  await pack(registry);
  await packDependencies(registry);
});
after(async () => {
  await project?.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('the code blocks', { concurrency: 2 }, () => {
  for (const page of wanted.length > 0 ? wanted : pages) {
    const blocks = blocksOf(page).filter(used);
    if (!blocks.some(runs)) continue;
    test(`of ${page} run as printed (${blocks.filter(runs).length})`, () => runPage(page, blocks));
  }
});

/** A supplier's project. */
const supplier = { name: 'supplier', private: true, type: 'module', scripts: { test: 'node -e 0' } };

/** Packs what the packages depend on, for the registry of the copies. */
async function packDependencies(registry: string): Promise<void> {
  const packages: object[] = [];
  for (const name of ['jose', 'zod', '@types/node', 'undici-types']) {
    const installed = join(clone, 'node_modules', name);
    const { stdout } = await project.npm(registry, 'pack', '--ignore-scripts', '--json', installed);
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as object;
    packages.push({ file: packed?.filename, manifest });
  }
  await writeFile(join(registry, 'packages.json'), JSON.stringify(packages));
}

async function runPage(page: string, blocks: readonly Block[]): Promise<void> {
  const script = join(folder, `${page.replaceAll('/', '-')}.sh`);
  const first = [
    prelude,
    ...(blocks.some(usesPackages) && !blocks.some(({ code }) => code.includes('npm install'))
      ? [packages]
      : []),
    ...(acts[page] ? [acts[page].before] : []),
    ...(acts[page] || blocks.some(startsOne) ? [] : [instance]),
  ];
  const steps = blocks.flatMap((block) => [
    step(block),
    ...Object.entries(acts[page]?.after ?? {}).flatMap(([text, act]) =>
      block.code.includes(text) ? [act] : [],
    ),
  ]);
  await writeFile(script, [...first, ...steps].join('\n'));
  // The Node that runs this file, by its path on the copy.
  const inClone = relative(clone, process.execPath);
  const node = inClone.startsWith('..')
    ? dirname(process.execPath)
    : join('/opt/alongside', dirname(inClone));
  const words = [
    join(import.meta.dirname, 'machine.sh'),
    clone,
    project.folder,
    script,
    node,
    acts[page]?.systemd ? 'systemd' : '',
  ];
  const child = spawn('unshare', [...namespaces, 'bash', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutSeconds * 1000);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  output += await readFile(`${script}.output`, 'utf8').catch(() => '');
  const last = output.lastIndexOf('\u001e');
  const end = code === null ? `not done in ${timeoutSeconds} s` : `exit code ${code}`;
  if (code !== 0) assert.fail(`${output.slice(last + 1).slice(-4000)}\n${end}`);
}

const prelude = `set -euo pipefail
declare -A folder=([clone]=/opt/alongside [project]=/opt/you/project)
failed() { echo "$1: $2"; exit 1; }
sudo() { "$@"; }
export npm_config_prefix=/usr/local npm_config_registry=http://localhost:4873 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
node /opt/alongside/test/pages/registry.ts /opt/you/project/registry &
until (: < /dev/tcp/localhost/4873) 2> /dev/null; do sleep 0.05; done
# await FILE TEXT: waits until the output of a background block contains the text
await() {
  local tries=0
  until grep -qF -- "$2" "$1"; do
    ((++tries < 600)) || { cat "$1"; failed background "its output does not contain: $2"; }
    sleep 0.1
  done
}`;

/** The packages in the supplier's project, for pages that do not install them. */
const packages = `cd /opt/you/project
npm install --save-dev ./registry/alongside-0*.tgz ./registry/alongside-client-*.tgz > /tmp/packages.log 2>&1 || { cat /tmp/packages.log; exit 1; }`;

/** An instance with a user at the workstation, for pages that start none. */
const instance = `cd /opt/alongside
npx alongside up --ephemeral > /tmp/instance.log 2>&1 < /dev/null &
await /tmp/instance.log 'is ready'
npx alongside card insert gp > /tmp/instance.log && npx alongside agent sign-in --pin 123456 > /tmp/instance.log`;

/** Returns the lines that do a block in its folder, from where the block before it left that folder. */
function step(block: Block): string {
  const { language, marks, line } = block;
  const place = marks.in ?? (language === 'ts' || language === 'python' ? 'project' : 'clone');
  const lines = [`printf '\\036%s\\n' '${at(block)}'`, `cd "\${folder[${place}]}"`];
  const extension = { ts: 'ts', python: 'py', sh: 'sh' }[language];
  const file = marks.title ?? (extension === 'sh' ? undefined : `block-${line}.${extension}`);
  if (file !== undefined) {
    lines.push(
      `mkdir -p "$(dirname '${file}')"`,
      `cat > '${file}' <<'END-OF-BLOCK'\n${block.code}END-OF-BLOCK`,
    );
  }
  if (!runs(block)) return lines.join('\n');
  const code =
    {
      ts: `node ${file?.endsWith('.test.ts') ? '--test ' : ''}'${file}'`,
      python: `python3 '${file}'`,
      sh: block.code,
    }[language] ?? '';
  if (marks.background !== undefined) {
    const log = `/tmp/background-${line}.log`;
    lines.push(`{ ${code}\n} > ${log} 2>&1 < /dev/null &`);
    lines.push(marks.background === '' ? 'sleep 1' : `await ${log} '${marks.background}'`);
  } else if (marks.exit !== undefined) {
    lines.push(`set +e; (set -e\n${code}\n) < /dev/null; code=$?; set -e`);
    lines.push(`[ $code = ${marks.exit} ] || failed '${at(block)}' "exit code $code"`);
  } else {
    lines.push(`{ ${code}\n} < /dev/null`, `folder[${place}]=$PWD`);
  }
  return lines.join('\n');
}
