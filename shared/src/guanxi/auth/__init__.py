"""Who is calling, what they may do and see, and the record of what they did."""

from guanxi.auth._access import PRINCIPAL_KEY, Access, Authenticator, Requires, authorise, guarded, public, requires
from guanxi.auth._audit import AUDIT_COLUMNS, AuditEntry, audit, audit_args, seal, verify
from guanxi.auth._jwks import FileKeys, KeySource, KeysUnavailableError, RemoteKeys, key_source
from guanxi.auth._masking import has_personal, mask_email, mask_id, mask_phone, masked, masks_of
from guanxi.auth._principal import ADMIN, ANONYMOUS, PII_READ, Principal, make_principal
from guanxi.auth._standing import CachedLookup, Standing, TableLookup, UnitLookup
from guanxi.auth._tokens import Claims, TokenRefusedError, TokenRules, TokenVerifier
from guanxi.auth._visible import visible

__all__ = [
    "ADMIN",
    "ANONYMOUS",
    "AUDIT_COLUMNS",
    "PII_READ",
    "PRINCIPAL_KEY",
    "Access",
    "AuditEntry",
    "Authenticator",
    "CachedLookup",
    "Claims",
    "FileKeys",
    "KeySource",
    "KeysUnavailableError",
    "Principal",
    "RemoteKeys",
    "Requires",
    "Standing",
    "TableLookup",
    "TokenRefusedError",
    "TokenRules",
    "TokenVerifier",
    "UnitLookup",
    "audit",
    "audit_args",
    "authorise",
    "guarded",
    "has_personal",
    "key_source",
    "make_principal",
    "mask_email",
    "mask_id",
    "mask_phone",
    "masked",
    "masks_of",
    "public",
    "requires",
    "seal",
    "verify",
    "visible",
]
