"""Files exchanged with the custody bank: payment orders out, account statements back, and a bank to rehearse with."""
