# The stack of `imgtailor template` in a Terraform configuration.
#
#   npm install imgtailor
#   npx imgtailor package --mode direct
#   npx imgtailor template --originals s3://shop-photos --sizes 360x270,480h,1280w --no-enable-events > images.json
#   terraform init && terraform apply
#
# After a change of the list or of the options, run the command for the template again, then terraform apply.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "originals_bucket" {
  description = "Bucket of photos, in the region of the provider. It is only read."
  type        = string
  default     = "shop-photos"
}

variable "code_bucket" {
  description = "Bucket for the code of the functions, in the same region."
  type        = string
  default     = "shop-code"
}

variable "concurrency" {
  description = "Concurrent executions reserved for the renderer. 0 reserves none."
  type        = number
  default     = 0
}

variable "memory" {
  description = "Memory of the renderer in MB."
  type        = number
  default     = 1536
}

locals {
  zip      = "${path.module}/imgtailor-direct.zip"
  template = "${path.module}/images.json"
}

# Lambda reads new code only from a new key.
resource "aws_s3_object" "code" {
  bucket = var.code_bucket
  key    = "imgtailor-${filesha256(local.zip)}.zip"
  source = local.zip
}

resource "aws_cloudformation_stack" "images" {
  name          = "ImgTailor"
  template_body = file(local.template)
  capabilities  = ["CAPABILITY_IAM"]

  parameters = {
    OriginalsBucket = var.originals_bucket
    CodeBucket      = var.code_bucket
    CodeKey         = aws_s3_object.code.key
    Concurrency     = var.concurrency
    Memory          = var.memory
  }
}

# Terraform replaces all notifications of a bucket, so it turns on the events itself, and the template does not (--no-enable-events). If
# your configuration has this resource already, add the argument to it.
resource "aws_s3_bucket_notification" "originals" {
  bucket      = var.originals_bucket
  eventbridge = true
}

output "image_host" {
  value = aws_cloudformation_stack.images.outputs["DistributionDomainName"]
}

output "distribution_id" {
  value = aws_cloudformation_stack.images.outputs["DistributionId"]
}
