using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <summary>Estimates the processor time that bouncing took.</summary>
/// <remarks>
/// Measured, where a recording shows it: from a bounce's event to the end of its map on the same processor, which is the search for slots and
/// the copy. What is copied otherwise (syncs, unmaps, maps that changed the processor) is taken to cost as much for each byte.
/// </remarks>
internal static class CopyCost
{
    /// <summary>Estimated nanoseconds; 0 if nothing was measured.</summary>
    public static ulong Of(IEnumerable<DeviceStatistics> devices, IEnumerable<DeviceStatistics> measured)
    {
        double cost = 0, bytes = 0;
        foreach (DeviceStatistics device in measured)
        {
            cost += device.TimedCost;
            bytes += device.TimedBytes;
        }

        if (bytes <= 0)
            return 0;
        double sum = 0;
        foreach (DeviceStatistics device in devices)
        {
            // A device's own rate where it has one: short buffers cost more for each byte.
            double rate = device.TimedBytes > 0 ? (double)device.TimedCost / device.TimedBytes : cost / bytes;
            sum += device.TimedCost + (rate * ((double)device.CopiedIn + device.CopiedOut - device.TimedBytes));
        }

        return sum <= 0 ? 0 : (ulong)sum;
    }
}
