"""Who the demo customer is; read by the stack, which does not have the domain code on its path."""

ACCOUNT_ID = "a_demo"
OWNER_ID = "m_owner"
SITE_ID = "s_demo"
OWNER_EMAIL = "owner@kiln-and-co.example"
AGENT_ID = "m_agent"
AGENT_EMAIL = "agent@kiln-and-co.example"
VIEWER_ID = "m_viewer"
VIEWER_EMAIL = "viewer@kiln-and-co.example"
# The files in events/ come from this website: `make invoke` sends them to the demo site.
EVENTS_ORIGIN = "https://shop.example"
