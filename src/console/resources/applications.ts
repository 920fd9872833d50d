import { json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { uuid } from '@alongside/kernel/ids';
import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { Application, Applications, SecretRecord, StoredApplication } from '../../oauth/applications.ts';
import type { Products } from '../../oauth/products.ts';
import { seededSecrets } from '../../oauth/seeds.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, apiPath, defineCall } from '../api/call.ts';
import { readShape } from '../api/json-body.ts';
import { checkRevision, tagOf } from '../api/preconditions.ts';
import { errors } from '../errors.ts';
import { mergePatch } from '../merge-patch.ts';
import { noContent } from '../no-content.ts';
import { withDefaults } from '../registration/defaults.ts';
import { keySetWarnings } from '../registration/key-sets.ts';
import { checkPolicy } from '../registration/policy.ts';
import { type Registration, registrationShape } from '../registration/shape.ts';
import { applicationView, type FreshSecrets, registrationOf, storedFrom } from '../registration/stored.ts';

interface Parts {
  applications: Applications;
  products: Products;
  audit: AuditLog;
  development: boolean;
}

const patchShape = z.looseObject({});

/** The development secret of a seeded client, while it is still the one of the seed. */
export function seededSecret(half: { clientId: string; secrets: SecretRecord[] } | null): string | undefined {
  const secret = half ? seededSecrets.get(half.clientId) : undefined;
  return secret !== undefined && half?.secrets.some(({ hash }) => equalSecrets(hash, sha256(secret))) ? secret : undefined;
}

/** An application in the list: the seeded ones with their development secrets, which are no secrets. */
export function listed(application: Application) {
  const view = applicationView(application);
  const known = (half: Application['platform'] | Application['cis2']) => {
    const secret = seededSecret(half);
    return secret === undefined ? {} : { clientSecret: secret };
  };
  return {
    ...view,
    platform: view.platform && { ...view.platform, ...known(application.platform) },
    cis2: view.cis2 && { ...view.cis2, ...known(application.cis2) },
  };
}
