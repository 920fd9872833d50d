import type { Cluster } from '../cluster/cluster.ts';
import { clusterProblem } from '../cluster/enter.ts';
import { cutFromOthers, cutOff } from '../cluster/network.ts';
import type { Node } from '../cluster/node.ts';
import { Witness } from '../cluster/witness.ts';
import type { Fault, Stage } from '../fault.ts';

/** Milliseconds in which the processes must serve again, and of load after that. */
const recoveryTimeout = 60_000;
const after = 2_000;

/** Milliseconds. */
const crash = 15_000;
/** A lost server is replaced after the `ttl` of deploy/patroni/config.yml, 20 s, which begins again if it also led etcd, and an election. */
const loss = 45_000;

const onCluster = { databases: ['cluster'], unavailable: clusterProblem } as const;

/** Breaks the primary of the whole cluster, and waits until another one serves sign-ins and the cluster is whole again. */
async function replace(
  stage: Stage,
  breakIt: (leader: Node) => unknown,
  mend = () => undefined as unknown,
): Promise<void> {
  const { installation, wait, note } = stage;
  const cluster = installation.cluster as Cluster;
  const leader = await cluster.whole(wait);
  const witness = new Witness(cluster, installation, leader);
  stage.defer(() => witness.end());
  const began = performance.now();
  await breakIt(leader);
  for (let successor = leader; successor === leader; successor = (await cluster.leader()) ?? leader) {
    if (performance.now() - began > recoveryTimeout) throw new Error(`${leader.name} was not replaced`);
    await wait(100);
  }
  const elected = performance.now() - began;
  await stage.untilSignIn(recoveryTimeout);
  await wait(after);
  const outage = Math.round(stage.outageSince(began));
  await mend();
  const next = await cluster.whole(wait);
  note(
    `${leader.name} replaced by ${next.name} after ${Math.round(elected)} ms; ${outage} ms without a sign-in`,
  );
  for (const name of cluster.copied.splice(0))
    note(`${name} did not come back, and was copied again (patronictl reinit)`);
  const { line, followed } = await witness.end();
  note(line);
  if (!followed) stage.blame('/readyz followed too late');
}

export const leaderKilled: Fault = {
  name: 'leader-killed',
  summary: 'PostgreSQL of the primary is killed (SIGKILL); ten times, or as often as --kills says',
  ...onCluster,
  quickOn: ['cluster'],
  longestOutage: crash,
  async inject(stage) {
    for (let n = 0; n < stage.kills; n++) await replace(stage, (leader) => leader.killPostgres());
  },
};

export const leaderLost: Fault = {
  name: 'leader-lost',
  summary: 'PostgreSQL, Patroni and etcd of the primary are killed at once, as if the machine lost its power',
  ...onCluster,
  longestOutage: loss,
  async inject(stage) {
    let lost: Node | undefined;
    const mend = () => lost?.start();
    await replace(
      stage,
      async (leader) => {
        lost = leader;
        await leader.kill();
      },
      mend,
    );
  },
};

const cut = (name: string, summary: string, cutNode: typeof cutOff): Fault => ({
  name,
  summary,
  ...onCluster,
  ...(name === 'leader-cut-off' ? { quickOn: ['cluster'] } : {}),
  longestOutage: loss,
  async inject(stage) {
    let mend: (() => void) | undefined;
    stage.defer(() => mend?.());
    await replace(
      stage,
      (leader) => {
        mend = cutNode(leader.name);
      },
      () => {
        mend?.();
        mend = undefined;
      },
    );
  },
});

export const leaderCutOff = cut(
  'leader-cut-off',
  'the network of the primary is cut; the old primary lives on unreachable',
  cutOff,
);

export const leaderCutFromOthers = cut(
  'leader-cut-from-others',
  'the primary is cut off from the other servers, but not from its clients',
  cutFromOthers,
);

export const switchover: Fault = {
  name: 'switchover',
  summary: 'patronictl gives the role of the primary to the synchronous standby',
  ...onCluster,
  quickOn: ['cluster'],
  longestOutage: crash,
  async inject(stage) {
    await replace(stage, (leader) => leader.control('switchover', '--force'));
  },
};
