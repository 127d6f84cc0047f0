namespace Handoff.Conformance.Recordings.Machines;

/// <summary>A clock on which so much time passes between two looks that no rate limit ever applies.</summary>
internal sealed class SteadyClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => _ticks += 1000;
}
