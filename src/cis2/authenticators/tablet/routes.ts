import { json } from '@alongside/kernel/answer';
import type { Endpoint, Route } from '@alongside/kernel/http';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { RouteGroup } from '../kind.ts';
import { createTabletAnswer } from './answer.ts';
import { tabletAppPage } from './app-page.ts';
import { appScriptRoute } from './app-script.ts';
import { demoTablet } from './demo-key.ts';
import { createTabletJoin } from './joining.ts';
import { createTabletOpen, type TabletParts } from './open.ts';
import { tabletPaths } from './paths.ts';
import { longestTabletBody } from './signed.ts';
import { waitScriptRoute } from './wait-script.ts';

/** The tablet app: its page, and the endpoints that it calls. They accept no cookie, only the key of the tablet. */
export function tabletRoutes(parts: TabletParts & { singleUse: SingleUse }): RouteGroup[] {
  const { issuer, development, singleUse, holders } = parts;
  const post = (path: string, endpoint: Endpoint, bodyLimit = 8_192): Route => ({
    methods: ['POST'],
    path,
    endpoint,
    bodyLimit,
  });
  const get = (path: string, endpoint: Endpoint): Route => ({ methods: ['GET'], path, endpoint });
  return [
    {
      errors: 'page',
      routes: [
        get(tabletPaths.app, async () => tabletAppPage(issuer, holders.party, development)),
        ...(development ? [get(tabletPaths.demoKey, async () => json(200, demoTablet))] : []),
        appScriptRoute,
        waitScriptRoute,
      ],
    },
    {
      errors: 'json',
      routes: [
        post(tabletPaths.open, createTabletOpen(parts)),
        post(tabletPaths.answer, createTabletAnswer(parts)),
        post(tabletPaths.join, createTabletJoin(singleUse, holders, issuer), longestTabletBody),
      ],
    },
  ];
}
