// Is the command palette open?

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

class Palette {
  open = $state(false);
  /** What opens it, as a keyboard says it. */
  readonly keys = isApple ? '⌘K' : 'Ctrl K';

  show(): void {
    this.open = true;
  }

  /** Ctrl+K or ⌘K, anywhere. */
  key(event: KeyboardEvent): void {
    const modifier = isApple ? event.metaKey : event.ctrlKey;
    if (!modifier || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'k') return;
    event.preventDefault();
    this.open = !this.open;
  }
}

export const palette = new Palette();
