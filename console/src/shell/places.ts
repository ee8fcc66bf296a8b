// Which places does the rail have? Five.

import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import House from '@lucide/svelte/icons/house';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Settings from '@lucide/svelte/icons/settings';
import SquareFunction from '@lucide/svelte/icons/square-function';
import type { Component } from 'svelte';

import type { Action } from '$/auth/permissions';
import type { Place } from '$/router/routes';

export interface RailPlace {
  place: Place;
  label: string;
  path: string;
  icon: Component<{ size?: number }>;
  needs?: Action;
  /** Where it leads whoever lacks that leave and has this one. */
  instead?: { label: string; path: string; needs: Action };
}

export const PLACES: readonly RailPlace[] = [
  { place: 'home', label: 'Home', path: '/', icon: House, needs: 'ReadMetrics' },
  {
    place: 'lambdas',
    label: 'Lambdas',
    path: '/lambdas',
    icon: SquareFunction,
    needs: 'ReadLambdas',
    instead: { label: 'Invoke', path: '/invoke', needs: 'Invoke' },
  },
  { place: 'logs', label: 'Logs', path: '/logs', icon: ScrollText, needs: 'ReadLogs' },
  {
    place: 'schedules',
    label: 'Schedules',
    path: '/schedules',
    icon: CalendarClock,
    needs: 'ReadSchedules',
  },
  {
    place: 'settings',
    label: 'Settings',
    path: '/settings/whitelist',
    icon: Settings,
    needs: 'ReadWhitelist',
  },
];
