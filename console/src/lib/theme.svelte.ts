// Which theme is it? What the system says, unless the user chose one.

export type Choice = 'system' | 'light' | 'dark';

const KEY = 'sandglass.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

class Theme {
  choice = $state<Choice>(read());
  #system = $state(dark.matches);

  /** What is shown. */
  readonly shown = $derived(
    this.choice === 'system' ? (this.#system ? 'dark' : 'light') : this.choice,
  );

  constructor() {
    dark.addEventListener('change', () => (this.#system = dark.matches));
  }

  choose(choice: Choice): void {
    this.choice = choice;
    if (choice === 'system') {
      localStorage.removeItem(KEY);
      delete document.documentElement.dataset['theme'];
    } else {
      localStorage.setItem(KEY, choice);
      document.documentElement.dataset['theme'] = choice;
    }
  }

  /** To the other one of the two. */
  toggle(): void {
    this.choose(this.shown === 'dark' ? 'light' : 'dark');
  }
}

function read(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export const theme = new Theme();
