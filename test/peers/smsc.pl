#!/usr/bin/perl
# An SMSC around a library that nobody here wrote: Net::SMPP (Debian: libnet-smpp-perl). It takes what comes, answers with hexadecimal ids, and sends
# receipts with the same ids in decimal, as many an SMSC does. Receipts that were not acknowledged are sent again after the next bind.
#
#   smsc.pl PORT [CUT]     CUT: tears the connection at random, about every so many submissions; 0 is never
#
# It says what happens, a line each: `listening`, `bound`, `submit ID SOURCE DESTINATION ESM_CLASS DATA_CODING HEX`, `acked NAME STATUS`.
# It is told `deliver NAME SOURCE DESTINATION DATA_CODING HEX`.
use strict;
use warnings;
use IO::Select;
use Net::SMPP;

use constant { BIND_RX => 1, BIND_TX => 2, SUBMIT => 4, UNBIND => 6, BIND_TRX => 9, ENQUIRE => 0x15, QUERY => 3, DELIVER_RESP => 0x80000005 };

my ($port, $cut) = @ARGV;
$cut //= 0;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34) or die "cannot listen on $port: $!";
my ($wire, $last_id, $seq, $commands) = (undef, 250, 0, '');
my @waiting;    # deliveries that are to be sent
my %unanswered; # sequence number => delivery
$| = 1;
$SIG{PIPE} = 'IGNORE';
$SIG{__WARN__} = sub { };

sub say_it { print join(' ', @_), "\n" }

sub drop {
    return unless $wire;
    close $wire;
    undef $wire;
    # Nobody knows whether they arrived.
    unshift @waiting, map { $unanswered{$_} } sort { $a <=> $b } keys %unanswered;
    %unanswered = ();
}

sub send_waiting {
    while ($wire && @waiting && keys %unanswered < 50) {
        my $delivery = shift @waiting;
        $unanswered{++$seq} = $delivery;
        $wire->deliver_sm(%{$delivery->{pdu}}, seq => $seq, async => 1);
    }
}

sub take {
    my ($pdu) = @_;
    # Before or after it has taken it, answered or not: the other side cannot know.
    my $torn = $cut && rand($cut) < 1 ? int(rand(3)) : -1;
    return drop() if $torn == 0;
    my $id = ++$last_id;
    my ($source, $destination) = ($pdu->{source_addr}, $pdu->{destination_addr});
    say_it('submit', $id, $source eq '' ? '-' : $source, $destination, $pdu->{esm_class}, $pdu->{data_coding}, unpack('H*', $pdu->{short_message}) || '-');
    my $text = sprintf 'id:%d sub:001 dlvrd:001 submit date:2611240410 done date:2611240411 stat:DELIVRD err:000 text:', $id;
    push @waiting, { name => "receipt-$id", pdu => { source_addr_ton => 1, source_addr_npi => 1, source_addr => $destination, destination_addr => $source, esm_class => 4, short_message => $text } };
    return drop() if $torn == 1;
    $wire->submit_sm_resp(seq => $pdu->{seq}, message_id => sprintf('%08X', $id));
    drop() if $torn == 2;
}

sub hear {
    my $pdu = $wire->read_pdu() or return drop();
    my ($cmd, $at) = ($pdu->{cmd}, $pdu->{seq});
    if ($cmd == BIND_TRX) { $wire->bind_transceiver_resp(system_id => 'perl', seq => $at); say_it('bound') }
    elsif ($cmd == BIND_TX) { $wire->bind_transmitter_resp(system_id => 'perl', seq => $at); say_it('bound') }
    elsif ($cmd == BIND_RX) { $wire->bind_receiver_resp(system_id => 'perl', seq => $at); say_it('bound') }
    elsif ($cmd == SUBMIT) { take($pdu) }
    elsif ($cmd == QUERY) { $wire->query_sm_resp(message_id => $pdu->{message_id}, final_date => '', message_state => 2, error_code => 0, seq => $at) }
    elsif ($cmd == ENQUIRE) { $wire->enquire_link_resp(seq => $at) }
    elsif ($cmd == UNBIND) { $wire->unbind_resp(seq => $at); drop() }
    elsif ($cmd == DELIVER_RESP) {
        my $delivery = delete $unanswered{$at} or return;
        say_it('acked', $delivery->{name}, $pdu->{status});
        push @waiting, $delivery if $pdu->{status};
    }
}

sub told {
    my (undef, $name, $source, $destination, $data_coding, $hex) = split ' ', $_[0];
    push @waiting, { name => $name, pdu => {
        source_addr_ton => 1, source_addr_npi => 1, source_addr => $source, dest_addr_ton => 1, dest_addr_npi => 1, destination_addr => $destination,
        data_coding => $data_coding, short_message => pack('H*', $hex),
    } };
}

say_it('listening');
while (1) {
    my @ready = IO::Select->new(grep { defined } $listener, $wire, \*STDIN)->can_read(5);
    for my $handle (@ready) {
        if ($handle == $listener) {
            drop();
            $wire = $listener->accept or next;
            $wire->set_version(0x34);
            $wire->autoflush(1);
        }
        elsif ($handle == \*STDIN) {
            sysread(STDIN, $commands, 65_536, length $commands) or exit;
            told($1) while $commands =~ s/^([^\n]*)\n//;
        }
        elsif ($wire && $handle == $wire) { hear() }
    }
    send_waiting();
}
