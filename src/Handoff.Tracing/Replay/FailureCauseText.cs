namespace Handoff.Tracing.Replay;

/// <summary>Causes of failures in words.</summary>
public static class FailureCauseText
{
    /// <summary>A short clause, such as "the pool is full".</summary>
    public static string Describe(this FailureCause cause) => cause switch
    {
        FailureCause.PoolFull => "the pool is full",
        FailureCause.NoRun => "no free run of slots is long enough",
        FailureCause.TooLong => "longer than one bounce can be",
        FailureCause.Boundary => "longer than the device's segment boundary",
        FailureCause.PoolOutOfReach => "the device does not reach the pool",
        FailureCause.NoPool => "there is no pool",
        FailureCause.Refused => "the kernel refuses to bounce it",
        FailureCause.Registers => "registers that the device does not reach",
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };

    /// <summary>Name in machine-readable output.</summary>
    public static string Name(this FailureCause cause) => cause switch
    {
        FailureCause.PoolFull => "poolFull",
        FailureCause.NoRun => "noRun",
        FailureCause.TooLong => "tooLong",
        FailureCause.Boundary => "boundary",
        FailureCause.PoolOutOfReach => "poolOutOfReach",
        FailureCause.NoPool => "noPool",
        FailureCause.Refused => "refused",
        FailureCause.Registers => "registers",
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };

    /// <summary>Whether a larger pool can help.</summary>
    public static bool DependsOnSize(this FailureCause cause) => cause is FailureCause.PoolFull or FailureCause.NoRun;
}
