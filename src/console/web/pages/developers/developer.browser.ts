import { edit } from '../../frame/edit.browser.ts';
import { must } from '../../frame/tools.browser.ts';

edit(must('edit', HTMLFormElement));
