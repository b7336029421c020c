"""The control API under ``/__admin/``, described by ``openapi/admin.yaml``: one file a resource."""
