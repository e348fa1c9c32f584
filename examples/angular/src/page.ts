import { ChangeDetectionStrategy, Component } from "@angular/core"

import { Photo } from "./photo"

@Component({
  selector: "app-root",
  imports: [Photo],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <app-photo original="bowl-2077/front.jpg" [options]="{ shape: '320w', priority: true }" alt="A bowl" />
    @for (original of photos; track original) {
      <app-photo [original]="original" [options]="{ shape: '360x270', width: 360 }" alt="" />
    }
  `,
})
export class Page {
  readonly photos = ["vase-1042/front.jpg", "missing.jpg"]
}
