import { NetworkLimit } from '../../oauth/network-limit.ts';
import { RateLimiter } from '../../oauth/rate-limits.ts';
import { Tokens } from '../../oauth/tokens.ts';
import { type Probe, throwing } from '../../oauth/trial.ts';
import { Jtis } from '../../storage/jtis.ts';
import { SingleUse } from '../../storage/single-use.ts';
import {
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { PlatformParts } from '../parts.ts';

class DryJtis extends Jtis {
  /** Returns whether the use would be the first. */
  override async use(kind: string, jti: string, _lifetime: number, longest: number): Promise<boolean> {
    return !(await this.isUsed(kind, jti, longest));
  }
}

class DrySingleUse extends SingleUse {
  /** Returns whether the claim would be the first, without claiming. */
  override async claim(kind: string, value: string): Promise<boolean> {
    return !(await this.claimed(kind, value));
  }
}

class DryRateLimiter extends RateLimiter {
  override exceededByNetwork: RateLimiter['exceededByNetwork'] = async () => undefined;
}

class DryNetworkLimit extends NetworkLimit {
  override async admits(): Promise<boolean> {
    return true;
  }
}

class DryTokens extends Tokens {
  override async revokeFamily(): Promise<number> {
    return 0;
  }
}

/** Returns parts with which steps check as usual but use nothing up. */
export const dryParts = (parts: PlatformParts): PlatformParts => ({
  ...parts,
  singleUse: new DrySingleUse(parts.database, parts.clock, new DryJtis(parts.database, parts.clock)),
  tokens: new DryTokens(parts.database, parts.clock, parts.vault),
  limiter: new DryRateLimiter(parts.database, parts.clock),
  failures: new DryNetworkLimit(parts, 'dry', 1),
  unproven: new DryNetworkLimit(parts, 'dry', 1),
  diagnosis: { ...parts.diagnosis, ...throwing },
});

/** Returns the name of the client, if known. */
export const clientName = ({ client }: Partial<WithClient>): unknown => client?.application.name;

/** The checks of the application in every flow. */
export const standing = ({ api }: Base): Probe[] => [
  { check: 'application', expected: 'approved', step: requireApproval },
  { step: readProducts },
  { check: 'products', expected: `one that includes the API ${api}`, step: requireSubscription },
  { check: 'developer', expected: 'active', step: requireActiveDeveloper },
];
