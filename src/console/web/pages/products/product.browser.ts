import type { RateLimits as Limits } from '../../../../oauth/products.ts';
import { edit } from '../../frame/edit.browser.ts';
import { byId, must } from '../../frame/tools.browser.ts';

// The form of a product, whose limits are one member: null lifts them, and an absent one is as published.
const form = must('edit', HTMLFormElement);
const control = (name: string) => byId(name) as HTMLInputElement | HTMLSelectElement;
const box = (name: string) => byId(`${name}.enabled`) as HTMLInputElement;
const kind = control('limits');
const show = () => byId('own-limits')?.toggleAttribute('hidden', kind.value !== 'own');
kind.addEventListener('change', show);
show();
// Other text is sent as it is, so that the API names its problem at the field.
const numberOf = (name: string): unknown => {
  const text = control(name).value.trim();
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
};
const get = (): unknown => {
  if (kind.value === 'none') return null;
  if (kind.value === 'published') return {};
  const limit = numberOf('limits.quota.limit');
  const ratelimit = control('limits.spikeArrest.ratelimit').value.trim();
  return {
    ...(limit === ''
      ? {}
      : {
          quota: {
            enabled: box('limits.quota').checked,
            limit,
            interval: numberOf('limits.quota.interval'),
            timeunit: control('limits.quota.timeunit').value,
          },
        }),
    ...(ratelimit === '' ? {} : { spikeArrest: { enabled: box('limits.spikeArrest').checked, ratelimit } }),
  };
};
const set = (value: unknown): void => {
  const { quota, spikeArrest } = (value ?? {}) as Limits;
  const applied = quota || spikeArrest ? 'own' : 'published';
  kind.value = value === null ? 'none' : applied;
  control('limits.quota.limit').value = String(quota?.limit ?? '');
  control('limits.quota.interval').value = String(quota?.interval ?? 1);
  control('limits.quota.timeunit').value = quota?.timeunit ?? 'minute';
  box('limits.quota').checked = quota?.enabled ?? true;
  control('limits.spikeArrest.ratelimit').value = spikeArrest?.ratelimit ?? '';
  box('limits.spikeArrest').checked = spikeArrest?.enabled ?? true;
  show();
};
const shown = (value: unknown): string => {
  if (value === null) return 'no limits';
  const { quota, spikeArrest } = (value ?? {}) as Limits;
  const parts = [
    quota
      ? `${quota.limit} in ${quota.interval} ${quota.timeunit}${quota.enabled ? '' : ', not applied'}`
      : '',
    spikeArrest ? `${spikeArrest.ratelimit}${spikeArrest.enabled ? '' : ', not applied'}` : '',
  ];
  return parts.filter(Boolean).join('; ') || 'as published';
};
edit(form, {
  members: { limits: { label: 'Limits', get, set, shown } },
  // A merge patch keeps a limit that it lacks.
  complete(patch) {
    if (patch.limits) patch.limits = { quota: null, spikeArrest: null, ...patch.limits };
  },
});
