"""What flows out of Coupa share, whichever ERP they go to."""
