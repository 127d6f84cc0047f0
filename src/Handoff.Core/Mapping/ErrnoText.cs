namespace Handoff;

/// <summary>Error numbers by the kernel's names.</summary>
public static class ErrnoText
{
    /// <summary>The name without the minus sign: <c>EIO</c>; <c>0</c> for success.</summary>
    public static string KernelName(this Errno error) => error switch
    {
        Errno.None => "0",
        Errno.IO => "EIO",
        Errno.NoSuchDeviceOrAddress => "ENXIO",
        Errno.NoMemory => "ENOMEM",
        Errno.Busy => "EBUSY",
        Errno.NoDevice => "ENODEV",
        Errno.Invalid => "EINVAL",
        Errno.NotSupported => "EOPNOTSUPP",
        Errno.RemoteIO => "EREMOTEIO",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
