import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeScrapes } from './scrapes.ts';

const scrape = (value: number, more = '') => `# HELP a_total What.
# TYPE a_total counter
a_total{route="/x y{z}",status="200"} ${value}

# HELP up Whether.
# TYPE up gauge
up 1
${more}`;

test('mergeScrapes names the process in each line, and describes each series once', () => {
  const only = '# HELP b Only here.\n# TYPE b gauge\nb{c="d"} 7\n';
  assert.equal(
    mergeScrapes([
      { process: 1, body: scrape(3) },
      { process: 2, body: scrape(4, only) },
    ]),
    `# HELP a_total What.
# TYPE a_total counter
a_total{process="1",route="/x y{z}",status="200"} 3
a_total{process="2",route="/x y{z}",status="200"} 4
# HELP up Whether.
# TYPE up gauge
up{process="1"} 1
up{process="2"} 1
# HELP b Only here.
# TYPE b gauge
b{process="2",c="d"} 7
`,
  );
});
