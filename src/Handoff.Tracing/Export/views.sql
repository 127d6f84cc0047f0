-- Views over a dataset of recordings: standard SQL that DuckDB, Spark and Trino read alike. Run tables-duckdb.sql, tables-spark.sql or tables-trino.sql first.
-- Times are nanoseconds of a recording's own clock unless recordings.ts_is_nanoseconds is false.

-- What each device mapped, as the report's table shows it.
CREATE OR REPLACE VIEW device_summary AS
SELECT
  host, boot, recording, device, MAX(driver) AS driver,
  SUM(CASE WHEN state <> 'failed' AND (kind = 'single' OR (kind = 'list' AND list_index = 0)) THEN 1 ELSE 0 END) AS maps,
  SUM(CASE WHEN state <> 'failed' AND kind IN ('single', 'list') THEN 1 ELSE 0 END) AS buffers,
  SUM(CASE WHEN state <> 'failed' AND kind IN ('single', 'list') THEN bytes ELSE 0 END) AS mapped_bytes,
  SUM(CASE WHEN bounced THEN 1 ELSE 0 END) AS bounced_buffers,
  SUM(CASE WHEN bounced THEN bytes ELSE 0 END) AS bounced_bytes,
  SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failures,
  SUM(CASE WHEN state <> 'failed' AND kind IN ('coherent', 'noncoherent') THEN 1 ELSE 0 END) AS allocations,
  SUM(CASE WHEN state = 'live' AND kind IN ('single', 'list') THEN 1 ELSE 0 END) AS live_buffers,
  AVG(CASE WHEN state = 'released' AND kind IN ('single', 'list') THEN CAST(lifetime AS DOUBLE) END) AS mean_lifetime,
  MAX(CASE WHEN state = 'released' AND kind IN ('single', 'list') THEN lifetime END) AS longest_lifetime
FROM mappings
GROUP BY host, boot, recording, device;

-- Why buffers bounce, by device and size class.
CREATE OR REPLACE VIEW bounces AS
SELECT
  host, boot, recording, device, bounce_reason,
  CASE WHEN bytes < 256 THEN '1: < 256 B' WHEN bytes <= 4096 THEN '2: <= 4 KiB' WHEN bytes <= 65536 THEN '3: <= 64 KiB' WHEN bytes <= 262144 THEN '4: <= 256 KiB' ELSE '5: > 256 KiB' END AS size_class,
  COUNT(*) AS buffers,
  SUM(bytes) AS bounced_bytes
FROM mappings
WHERE bounced
GROUP BY
  host, boot, recording, device, bounce_reason,
  CASE WHEN bytes < 256 THEN '1: < 256 B' WHEN bytes <= 4096 THEN '2: <= 4 KiB' WHEN bytes <= 65536 THEN '3: <= 64 KiB' WHEN bytes <= 262144 THEN '4: <= 256 KiB' ELSE '5: > 256 KiB' END;

-- How full each pool ever was.
CREATE OR REPLACE VIEW pool_high_water AS
SELECT
  host, boot, recording, pool,
  MAX(slots) AS slots,
  MAX(areas) AS areas,
  MAX(highest) AS high_water_slots,
  MAX(highest) * 2048 AS high_water_bytes,
  MAX(CAST(highest AS DOUBLE) / slots) AS high_water_share
FROM pool_occupancy
WHERE pool IS NOT NULL
GROUP BY host, boot, recording, pool;

-- How much of its bounce pool each host ever left free, with the pool as it was set up.
CREATE OR REPLACE VIEW pool_headroom AS
SELECT
  p.host, r.swiotlb_parameter, p.slots * 2048 AS pool_bytes,
  COUNT(DISTINCT p.boot) AS boots,
  MAX(p.high_water_bytes) AS high_water_bytes,
  1 - MAX(p.high_water_share) AS least_headroom
FROM pool_high_water p
JOIN recordings r ON r.host = p.host AND r.boot = p.boot AND r.recording = p.recording
WHERE p.pool = 'default' AND p.slots > 0
GROUP BY p.host, r.swiotlb_parameter, p.slots;

-- Drivers by what they bounce over the fleet; devices stand for themselves where no driver is known.
CREATE OR REPLACE VIEW bounces_by_driver AS
SELECT
  COALESCE(driver, device) AS driver,
  COUNT(DISTINCT host) AS hosts,
  SUM(CASE WHEN bounced THEN 1 ELSE 0 END) AS bounced_buffers,
  SUM(CASE WHEN bounced THEN bytes ELSE 0 END) AS bounced_bytes,
  SUM(bytes) AS mapped_bytes
FROM mappings
WHERE state <> 'failed' AND kind IN ('single', 'list')
GROUP BY COALESCE(driver, device);

-- What is wrong anywhere, with the machine it is wrong on.
CREATE OR REPLACE VIEW problems AS
SELECT
  f.host, f.boot, f.recording, r.recorded_on, r.kernel, r.architecture, r.swiotlb_parameter,
  f.id, f.kind, f.severity, f.confidence, f.title, f.devices, f.occurrences, f.boot_parameter
FROM findings f
JOIN recordings r ON r.host = f.host AND r.boot = f.boot AND r.recording = f.recording
WHERE f.is_wrong;

-- Kinds of problems over the fleet: on how many machines, with which kernels.
CREATE OR REPLACE VIEW problems_by_kind AS
SELECT
  id,
  COUNT(DISTINCT host) AS hosts,
  COUNT(DISTINCT boot) AS boots,
  SUM(occurrences) AS occurrences,
  MIN(kernel) AS lowest_kernel,
  MAX(kernel) AS highest_kernel
FROM problems
GROUP BY id;

-- Buffers that were never released while the recording ran, longest first when ordered by age.
CREATE OR REPLACE VIEW never_released AS
SELECT m.host, m.boot, m.recording, m.device, m.kind, m.direction, m.bytes, m.bounced, m.task, m.ts, r.end_ts - m.ts AS age
FROM mappings m
JOIN recordings r ON r.host = m.host AND r.boot = m.boot AND r.recording = m.recording
WHERE m.state = 'live';

-- Devices that leak, or may: in how many boots, since when.
CREATE OR REPLACE VIEW leak_suspects AS
SELECT
  f.host, f.devices,
  COUNT(DISTINCT f.boot) AS boots,
  SUM(f.occurrences) AS buffers,
  MIN(r.recorded_on) AS first_seen,
  MAX(r.recorded_on) AS last_seen,
  MAX(CASE f.confidence WHEN 'certain' THEN 3 WHEN 'likely' THEN 2 ELSE 1 END) AS confidence
FROM findings f
JOIN recordings r ON r.host = f.host AND r.boot = f.boot AND r.recording = f.recording
WHERE f.kind IN ('leak', 'pool_leak', 'stranded')
GROUP BY f.host, f.devices;
