// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

/// @title LXR, the money of the ledger: its rules once more, in another language.
/// @notice 1 LXR = 1 CNY, in whole fen. Money is made against what the bank has booked, destroyed against what the bank
/// has paid, and moves between accounts of certain kinds for certain reasons only.
/// @dev A reference to test `lxr.token` against; it is deployed nowhere. It says what may happen to money, not who may
/// ask for it: that is the contract's matter, and so is what makes a reversal or a return due.
contract LXR {
    /// @notice Whose money an account holds. `Out` is the world outside the platform: it holds no LXR.
    /// `Worker` are wages, which leave by their run's cash-out or go back with their run; `Returned` is a worker's money that
    /// the bank did not pay out or sent back. `Blocked` is an employer's, against an attested credit that its statement
    /// does not have; `Bank` the bank's interest, which pays the bank's fees.
    enum Kind {
        Out, Employer, Run, Held, Contested, Worker, Returned, PendingRedemption, Fee, Tax, Insurance, Subsidy, Suspense, Blocked,
        Bank
    }

    /// @notice Why money moves.
    enum Reason {
        Deposit, DepositAssigned, DepositBlocked, DepositFound, DepositReversed, CreditUndone, BankFee, Fund, Unfund, Pay,
        Unpay, Sweep, CashOut, CashOutReleased, PaidOut, Returned
    }

    struct Account { Kind kind; bytes32 owner; }

    /// @notice One movement: what `source` loses, `target` gains.
    struct Posting { Account source; Account target; Reason reason; int256 amount; }

    /// @notice A credit in the bank's books, by the bank's own reference: what was attested of it, for which employer,
    /// and whether a statement has it.
    struct Booking { bytes32 employer; uint256 attested; bool onStatement; }

    /// @notice The call is refused as a whole and nothing has changed.
    /// @param code One of the codes below, which are those of the ledger's refusals.
    error Refused(uint8 code);

    uint8 internal constant MALFORMED_COMMAND = 1;
    uint8 internal constant EXISTS = 17;
    uint8 internal constant EDGE_FORBIDDEN = 40;
    uint8 internal constant ACCOUNT_SHORT = 41;
    uint8 internal constant AMOUNT_TOO_LARGE = 42;
    uint8 internal constant BOOKING_DIFFERS = 45;

    /// @notice The largest figure that is kept, be it an amount, a balance or a total: 10 trillion yuan.
    uint256 public constant FEN_MAX = 1e15;

    /// @notice The largest credit of the bank's: 10 billion yuan, so that none leaves no room for others.
    uint256 public constant LINE_FEN_MAX = 1e12;

    /// @notice All that was ever made and ever destroyed, in fen. What there is of LXR is the difference.
    uint256 public minted;
    uint256 public burned;

    /// @notice What an account holds, by its kind and owner, in fen. Nothing is kept for outside.
    mapping(Kind => mapping(bytes32 => uint256)) public balanceOf;

    mapping(bytes32 => Booking) private _bookings;

    /// @notice Posts several movements, in order, all of them or none. A movement of nothing is no movement.
    /// Refuses: MALFORMED_COMMAND, EDGE_FORBIDDEN, ACCOUNT_SHORT, AMOUNT_TOO_LARGE.
    function post(Posting[] calldata postings) external {
        for (uint256 i = 0; i < postings.length; i++) {
            _bounded(postings[i].amount, 0);
        }
        for (uint256 i = 0; i < postings.length; i++) {
            Posting calldata each = postings[i];
            _move(each.source, each.target, each.reason, uint256(each.amount));
        }
        _checkTotals();
    }

    /// @notice The bank's word for an employer's credit, ahead of its statement. A reference is attested once, whatever it
    /// says. Refuses: MALFORMED_COMMAND, EXISTS, EDGE_FORBIDDEN, AMOUNT_TOO_LARGE.
    function attest(bytes32 ref, Account calldata owner, int256 amount) external {
        uint256 fen = _bounded(amount, 1);
        require(fen <= LINE_FEN_MAX, Refused(MALFORMED_COMMAND));
        require(owner.kind == Kind.Employer, Refused(MALFORMED_COMMAND));
        require(_bookings[ref].attested == 0 && !_bookings[ref].onStatement, Refused(EXISTS));
        _bookings[ref] = Booking(owner.owner, fen, false);
        _mint(owner, fen);
    }

    /// @notice The credit's line on the bank's statement: of the employer whom its payer names, or of nobody known yet. It
    /// makes money unless its attestation already has, of the same amount and for that employer. A line comes once.
    /// Refuses: MALFORMED_COMMAND, BOOKING_DIFFERS, EDGE_FORBIDDEN, AMOUNT_TOO_LARGE.
    function book(bytes32 ref, Account calldata owner, int256 amount) external {
        uint256 fen = _bounded(amount, 1);
        require(fen <= LINE_FEN_MAX, Refused(MALFORMED_COMMAND));
        Booking storage there = _bookings[ref];
        require(!there.onStatement, Refused(BOOKING_DIFFERS));
        there.onStatement = true;
        bool same = owner.kind == Kind.Employer && owner.owner == there.employer;
        if (!same || there.attested != fen) _mint(owner, fen);
    }

    /// @notice Whether an account of one kind may pay one of another for this reason.
    function allowed(Kind from, Kind to, Reason reason) public pure returns (bool) {
        // Money comes in for somebody, or for nobody known yet, who is found later.
        if (reason == Reason.Deposit) {
            return from == Kind.Out && (to == Kind.Employer || to == Kind.Subsidy || to == Kind.Suspense);
        }
        if (reason == Reason.DepositAssigned) {
            return from == Kind.Suspense && (to == Kind.Employer || to == Kind.Subsidy || to == Kind.Bank);
        }
        // An attested credit that its statement does not have is kept from its employer, until it is found or undone.
        if (reason == Reason.DepositBlocked) return from == Kind.Employer && to == Kind.Blocked;
        if (reason == Reason.DepositReversed) return to == Kind.Out && (from == Kind.Employer || from == Kind.Blocked);
        // What gives a debit back, or is taken back, backs nothing; the bank's fee is paid of its interest, then of fees.
        if (reason == Reason.CreditUndone) {
            if (from == Kind.Fee || from == Kind.Tax || from == Kind.Insurance) return to == Kind.Out;
            return to == Kind.Out && (from == Kind.Employer || from == Kind.Suspense || from == Kind.Returned);
        }
        if (reason == Reason.BankFee) return to == Kind.Out && (from == Kind.Bank || from == Kind.Fee);
        // A payday is funded by its employer, contested wages too, which go to the run that pays them once that is over;
        // a subsidy bears contributions, never wages.
        if (reason == Reason.Fund) {
            if (from == Kind.Subsidy) return to == Kind.Held;
            if (from == Kind.Contested) return to == Kind.Run;
            return from == Kind.Employer && (to == Kind.Run || to == Kind.Held || to == Kind.Contested);
        }
        if (reason == Reason.Pay) return from == Kind.Run && to == Kind.Worker;
        // What was held back goes to those it is for; a fee that was missing may come from the employer later.
        if (reason == Reason.Sweep) {
            return (from == Kind.Held && _isPlatform(to)) || (from == Kind.Employer && to == Kind.Fee);
        }
        // Whoever earned or was swept something takes it out by way of the bank.
        if (reason == Reason.CashOut) return to == Kind.PendingRedemption && (from == Kind.Worker || _canComeBack(from));
        if (reason == Reason.PaidOut) return from == Kind.PendingRedemption && to == Kind.Out;
        // What the bank sends back is theirs who took it out, and no wage of a run any more.
        if (reason == Reason.Returned) return (from == Kind.Out || from == Kind.Suspense) && _canComeBack(to);
        // The others undo: the same way, backwards.
        if (reason == Reason.DepositFound) return allowed(to, from, Reason.DepositBlocked);
        if (reason == Reason.Unfund) return allowed(to, from, Reason.Fund);
        if (reason == Reason.Unpay) return allowed(to, from, Reason.Pay);
        assert(reason == Reason.CashOutReleased);
        return allowed(to, from, Reason.CashOut);
    }

    function _canComeBack(Kind kind) private pure returns (bool) {
        return kind == Kind.Returned || _isPlatform(kind);
    }

    function _isPlatform(Kind kind) private pure returns (bool) {
        return kind == Kind.Fee || kind == Kind.Tax || kind == Kind.Insurance;
    }

    /// @dev The amount as a figure between `least` and FEN_MAX.
    function _bounded(int256 amount, int256 least) private pure returns (uint256) {
        require(amount >= least && amount <= int256(FEN_MAX), Refused(MALFORMED_COMMAND));
        return uint256(amount);
    }

    function _mint(Account calldata owner, uint256 fen) private {
        _move(Account(Kind.Out, 0), owner, Reason.Deposit, fen);
        _checkTotals();
    }

    function _move(Account memory source, Account memory target, Reason reason, uint256 fen) private {
        if (fen == 0) return;
        require(allowed(source.kind, target.kind, reason), Refused(EDGE_FORBIDDEN));
        if (source.kind == Kind.Out) {
            minted += fen;
        } else {
            require(balanceOf[source.kind][source.owner] >= fen, Refused(ACCOUNT_SHORT));
            balanceOf[source.kind][source.owner] -= fen;
        }
        if (target.kind == Kind.Out) {
            burned += fen;
        } else {
            balanceOf[target.kind][target.owner] += fen;
            require(balanceOf[target.kind][target.owner] <= FEN_MAX, Refused(AMOUNT_TOO_LARGE));
        }
    }

    /// @dev Totals only grow, and are looked at when everything is posted.
    function _checkTotals() private view {
        require(minted <= FEN_MAX && burned <= FEN_MAX, Refused(AMOUNT_TOO_LARGE));
    }
}
