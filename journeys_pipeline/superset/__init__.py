"""The tables of the warehouse as assets of Apache Superset, for those who outgrow the pages (docs/superset.md)."""
