// Is the sidebar there? As it was left on large screens; on small ones it is a sheet, and away at first.

const KEY = 'sandglass.sidebar';
const small = matchMedia('(width < 64rem)');

class SidebarState {
  small = $state(small.matches);
  #open = $state(localStorage.getItem(KEY) !== 'closed');
  #sheet = $state(false);
  tab = $state<'settings' | 'payload'>('settings');

  constructor() {
    small.addEventListener('change', () => {
      this.small = small.matches;
      this.#sheet = false;
    });
  }

  get open(): boolean {
    return this.small ? this.#sheet : this.#open;
  }

  set open(open: boolean) {
    if (this.small) this.#sheet = open;
    else {
      this.#open = open;
      localStorage.setItem(KEY, open ? 'open' : 'closed');
    }
  }
}

export const sidebar = new SidebarState();
