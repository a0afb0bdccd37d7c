import type { DroppedItem } from "../core/contextItems";
import { canAttach, droppedItems } from "./droppedItems";

/**
 * Files dropped anywhere on the page are attached; the class `dropping` says so meanwhile. So are files and images
 * pasted where no text comes with them. @param attach what was dropped, never empty.
 */
export class DropTarget {
  /** Enters minus leaves: each element on the way has its own. */
  private depth = 0;

  constructor(
    private readonly attach: (items: DroppedItem[]) => void,
    private readonly page: Document = document,
  ) {
    page.addEventListener("dragenter", this.enter);
    page.addEventListener("dragover", this.over);
    page.addEventListener("dragleave", this.leave);
    page.addEventListener("drop", this.drop);
    page.addEventListener("paste", this.paste);
  }

  dispose(): void {
    this.page.removeEventListener("dragenter", this.enter);
    this.page.removeEventListener("dragover", this.over);
    this.page.removeEventListener("dragleave", this.leave);
    this.page.removeEventListener("drop", this.drop);
    this.page.removeEventListener("paste", this.paste);
    this.show(0);
  }

  private readonly enter = (event: DragEvent): void => {
    if (canAttach(event.dataTransfer)) this.show(this.depth + 1);
  };

  private readonly leave = (event: DragEvent): void => {
    if (canAttach(event.dataTransfer)) this.show(this.depth - 1);
  };

  private readonly over = (event: DragEvent): void => {
    if (event.dataTransfer === null || !canAttach(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  };

  private readonly drop = (event: DragEvent): void => {
    this.show(0);
    if (event.dataTransfer === null || !canAttach(event.dataTransfer)) return;
    // Also where nothing comes of it: the page must not be left for a file.
    event.preventDefault();
    void this.take(event.dataTransfer);
  };

  private readonly paste = (event: ClipboardEvent): void => {
    const data = event.clipboardData;
    // A cell of a spreadsheet comes as text and as an image; the text is what is meant.
    if (data === null || data.files.length === 0 || data.getData("text/plain") !== "") return;
    event.preventDefault();
    void this.take(data);
  };

  private async take(data: DataTransfer): Promise<void> {
    const items = await droppedItems(data);
    if (items.length > 0) this.attach(items);
  }

  private show(depth: number): void {
    this.depth = Math.max(0, depth);
    this.page.documentElement.classList.toggle("dropping", this.depth > 0);
  }
}
