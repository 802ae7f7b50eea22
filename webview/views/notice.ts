// Owns the strip under the bar: what `notices.ts` has to say, at most two at a time.
import { textButton } from '../controls';
import { el, icon, prose } from '../dom';
import type { Frame } from '../frame';
import { type Notice, notices } from '../notices';
import type { Doings } from './doings';

const MOST = 2;

export class NoticeView {
  readonly element = el('section', { class: 'notices', 'aria-label': 'Notices' });
  readonly #doings: Doings;
  #key = '';

  constructor(doings: Doings) {
    this.#doings = doings;
  }

  update(frame: Frame): void {
    const all = notices(frame.state).slice(0, MOST);
    const key = JSON.stringify(all);
    if (key === this.#key) return;
    this.#key = key;
    this.element.replaceChildren(...all.map((notice) => this.#strip(notice)));
  }

  #strip(notice: Notice): HTMLElement {
    const message = el('p', {}, ...(notice.lead ? [el('b', {}, notice.lead), ' '] : []), ...prose(notice.message));
    const text = el('div', { class: 'text' }, message);
    if (notice.detail) text.append(el('p', { class: 'small detail' }, ...prose(notice.detail)));
    const actions = el('span', { class: 'actions' });
    const { action, link } = notice;
    if (action) {
      actions.append(textButton(action.label, 'primary', () => this.#doings.command(action.command)).element);
    }
    if (link) {
      const button = el('button', { class: 'link', type: 'button' }, link.label);
      button.addEventListener('click', () => {
        this.#doings.dispatch(link.step === undefined ? { type: 'dismiss' } : { type: 'show', step: link.step });
      });
      actions.append(button);
    }
    const name = notice.severity === 'error' ? 'error' : notice.severity === 'warning' ? 'warning' : 'info';
    return el(
      'div',
      {
        class: `notice ${notice.severity}`,
        'data-notice': notice.id,
        role: notice.severity === 'error' ? 'alert' : 'status',
      },
      icon(name),
      text,
      ...(action || link ? [actions] : []),
    );
  }
}
