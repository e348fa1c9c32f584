import { NgOptimizedImage } from "@angular/common"
import { ChangeDetectionStrategy, Component, computed, input } from "@angular/core"
import { photo } from "imgtailor/angular"

import { photos, settings } from "./photos"

type Options = Parameters<typeof photos.img>[1]

/** `options` are those of the client's `img`. A photo that photos.json does not describe is displayed without its dimensions. */
@Component({
  selector: "app-photo",
  imports: [NgOptimizedImage],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (image(); as shown) {
      <img
        [alt]="alt()"
        [ngSrc]="shown.ngSrc"
        [ngSrcset]="shown.ngSrcset"
        [sizes]="shown.sizes"
        [width]="shown.width"
        [height]="shown.height"
        [priority]="shown.priority"
        [loaderParams]="shown.loaderParams"
      />
    } @else {
      <img [alt]="alt()" [src]="url()" loading="lazy" />
    }
  `,
})
export class Photo {
  readonly original = input.required<string>()
  readonly options = input.required<Options>()
  readonly alt = input.required<string>()
  readonly url = computed(() => photos.url(this.original(), this.options().shape))
  readonly image = computed(() =>
    this.original() in settings.infos ? photo(photos, this.original(), this.options()) : undefined,
  )
}
