namespace Handoff;

/// <summary>The negative error numbers that the mapping layer returns.</summary>
/// <remarks>Kernel: <c>include/uapi/asm-generic/errno*.h</c>.</remarks>
public enum Errno
{
    /// <summary>Success.</summary>
    None = 0,

    /// <summary><c>-EIO</c>: a lower layer gave <see cref="DmaAddress.MappingError"/>, or a mask is not supported.</summary>
    IO = -5,

    /// <summary><c>-ENXIO</c>: outside the buffer.</summary>
    NoSuchDeviceOrAddress = -6,

    /// <summary><c>-ENOMEM</c>: no memory, no slots, or a failed single map.</summary>
    NoMemory = -12,

    /// <summary><c>-EBUSY</c>: already present, or mapped with another direction.</summary>
    Busy = -16,

    /// <summary><c>-ENODEV</c>: no device.</summary>
    NoDevice = -19,

    /// <summary><c>-EINVAL</c>: wrong arguments.</summary>
    Invalid = -22,

    /// <summary><c>-EOPNOTSUPP</c>: not built in.</summary>
    NotSupported = -95,

    /// <summary><c>-EREMOTEIO</c>: peer-to-peer memory that the device cannot reach.</summary>
    RemoteIO = -121,
}
