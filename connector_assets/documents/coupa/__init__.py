"""What flows out of Coupa share, independent of the ERP that they go to."""
