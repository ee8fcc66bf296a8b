// Which settings are there?

import type { TabLink } from '$/ui';

export const SETTINGS_TABS: readonly TabLink[] = [
  { label: 'Whitelist', path: '/settings/whitelist' },
  { label: 'Secrets', path: '/settings/secrets' },
  { label: 'Apps', path: '/settings/apps' },
  { label: 'Users', path: '/settings/users' },
  { label: 'Audit log', path: '/settings/audit' },
];
