"""Purchase orders of JD Edwards as external orders of Coupa: what the flow's module is made of."""
